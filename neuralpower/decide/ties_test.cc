// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/ties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/decide/shared_layers.h"
#include "neuralpower/decide/test_device.h"
#include "neuralpower/importers/layers/layer_list.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;

LayerCost cost(const char* layer, double joules) {
  return {layer,
          {Seconds(joules), Seconds(joules), Seconds(joules)},
          {Joules(joules), Joules(0.5 * joules), Joules(2 * joules)}};
}

TEST(SharedCost, CountsEqualLayersAsOftenAsBothHaveThem) {
  const std::vector<LayerCost> a = {cost("a", 1), cost("b", 10), cost("b", 10), cost("d", 100)},
                               b = {cost("b", 10), cost("c", 7), cost("d", 101)};
  for (const SharedCost& shared : {shared_cost(a, b), shared_cost(b, a)}) {
    EXPECT_EQ(shared.energy.value, Joules(10)) << "d is another model's";
    EXPECT_EQ(shared.energy.low, Joules(5));
    EXPECT_EQ(shared.runtime.high, Seconds(10));
  }
  EXPECT_EQ(shared_cost(a, a).energy.value, Joules(121));
  EXPECT_EQ(shared_cost(a, {}).energy.high, Joules(0));
}

TEST(Difference, WhatIsSharedCancels) {
  const Bounds a = {11, 5.5, 22}, b = {13, 6.5, 26}, shared = {10, 5, 20}, nothing;
  const Bounds d = difference(a, b, shared);  // 0.5 .. 2 less 1.5 .. 6
  EXPECT_DOUBLE_EQ(d.value, -2);
  EXPECT_DOUBLE_EQ(d.low, -5.5);
  EXPECT_DOUBLE_EQ(d.high, 0.5);
  EXPECT_TRUE(may_be_equal(d));
  const Bounds apart = difference(a, b, nothing);
  EXPECT_DOUBLE_EQ(apart.low, 5.5 - 26);
  EXPECT_DOUBLE_EQ(apart.high, 22 - 6.5);
}

// With factors that differ, what is shared cancels in part.
TEST(Difference, WeighsWhatIsSharedByTheDifferenceOfTheFactors) {
  const Bounds energy = {10, 5, 20}, all_shared = energy;
  const Bounds tenth = {0.1, 0.1, 0.1}, fifth = {0.2, 0.2, 0.2};
  const Bounds d = difference(energy, tenth, energy, fifth, all_shared);
  EXPECT_DOUBLE_EQ(d.value, -1);
  EXPECT_DOUBLE_EQ(d.low, -2);
  EXPECT_DOUBLE_EQ(d.high, -0.5);
  EXPECT_FALSE(may_be_equal(d)) << "the smaller error wins, whatever the layers take";
}

// Most of the energy is in layers that all of them have: 0.5 ms and 1 ns a multiply-accumulate at
// 50 W, within 0.81 to 1.21 of it. The last layer takes 2.60, 3.12, 3.65, 4.69 and 4.96 ms.
constexpr const char* kSpace = R"(
image: input batch=1 in=3x64x64
choose last = 8 10 12 16 17
conv out=64 kernel=3 pad=1
conv out=64 kernel=7 pad=3
conv out=$last kernel=1
)";

TEST(Ties, AreWithAnArchitectureThatIsNamed) {
  const Space space = parse_space(kSpace, "last");
  const Predictor predictor(test_device());
  SearchOptions options;
  SearchResult result = search(space, predictor, options);
  mark_ties(space, predictor, options, result);
  const auto marks = [](const std::vector<FoundArchitecture>& found) {
    std::vector<bool> ties;
    for (const FoundArchitecture& f : found) ties.push_back(f.tie);
    return ties;
  };
  EXPECT_THAT(marks(result.front), ElementsAre(false, true, true, false, true));
  EXPECT_THAT(marks(result.best), ElementsAre(false, true, true, false, false));
  options.objectives = {Objective::kMacs};
  options.by = Objective::kParams;
  mark_ties(space, predictor, options, result);
  EXPECT_THAT(marks(result.front), ElementsAre(false, false, false, false, false))
      << "what is counted is exact";
}

TEST(SpaceEvaluator, ListsTheLayersOfTheNetworkWrittenOut) {
  const Space space = parse_space(kSpace, "last");
  const Predictor predictor(test_device());
  SpaceEvaluator evaluator(space, predictor, {true, false, true});
  for (std::uint64_t i = 0; i < *space.count(); ++i) {
    const auto listed = evaluator.layers_of(space.at(i));
    const auto expected = layer_costs(
        predictor.predict(parse_layer_list(evaluator.layer_list(space.at(i)), "written out")));
    ASSERT_EQ(listed.size(), expected.size());
    for (std::size_t k = 0; k < listed.size(); ++k) {
      EXPECT_EQ(listed[k].layer, expected[k].layer);
      EXPECT_EQ(listed[k].energy.high, expected[k].energy.high);
    }
  }
}

}  // namespace
}  // namespace neuralpower
