// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/fusion_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/network/test_sketch.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;

const char* const kConv = "conv batch=1 in=8x4x4 out=8 kernel=3x3 stride=1x1 pad=1x1";
const char* const kRelu = "activation mode=relu batch=1 in=8x4x4";
const char* const kAdd = "add batch=1 in=8x4x4 inputs=2";
const char* const kNorm = "norm mode=batch batch=1 in=8x4x4";

std::vector<std::string> units(const Network& network, const std::vector<std::string>& rules) {
  std::vector<std::string> result;
  for (const Layer& layer : apply_fusion(network, FusionRules::parse(rules)).network.layers)
    result.push_back(layer.name + ": " + format_layer(layer.config));
  return result;
}

TEST(FusionRules, FuseAResidualBlock) {
  Sketch sketch({1, 8, 4, 4});
  const auto a = sketch.add(kConv, {0}, 584);
  const auto a_norm = sketch.add(kNorm, {a}, 16);
  const auto a_relu = sketch.add(kRelu, {a_norm});
  const auto b = sketch.add(kConv, {a_relu});
  const auto sum = sketch.add(kAdd, {b, 0});
  const auto out = sketch.add(kRelu, {sum});
  const Network network = sketch.network(out);
  EXPECT_THAT(units(network, {"conv+(norm.batch)", "conv+relu", "conv+add+relu"}),
              ElementsAre(std::string("l0+l1+l2: ") + kConv + " post=relu",
                          std::string("l3+l4+l5: ") + kConv + " post=add+relu"));
  // Without a rule for the sum, nothing of it is fused.
  EXPECT_THAT(
      units(network, {"conv+(norm.batch)", "conv+relu"}),
      ElementsAre(std::string("l0+l1+l2: ") + kConv + " post=relu", std::string("l3: ") + kConv,
                  std::string("l4: ") + kAdd, std::string("l5: ") + kRelu));
  EXPECT_EQ(units(network, {}).size(), 6u);
  const FusedNetwork fused =
      apply_fusion(network, FusionRules::parse({"conv+(norm.batch)", "conv+relu"}));
  EXPECT_EQ(fused.network.layers[0].params, 600);
  EXPECT_THAT(fused.groups[0].members, ElementsAre("l0", "l1", "l2"));
}

TEST(FusionRules, LeaveAloneWhatOthersRead) {
  Sketch sketch({1, 8, 4, 4});
  const auto a = sketch.add(kConv, {0});
  const auto relu = sketch.add(kRelu, {a});
  const auto sum = sketch.add(kAdd, {relu, a});
  EXPECT_EQ(units(sketch.network(sum), {"conv+relu", "conv+add"}).size(), 3u);
}

TEST(FusionRules, FoldWhatStandsInFront) {
  Sketch sketch({1, 5, 8});
  const auto other = sketch.add("activation mode=relu batch=1 in=5x8", {0});
  const auto sum = sketch.add("add batch=1 in=5x8 inputs=2", {0, other});
  const auto norm = sketch.add("norm mode=layer batch=1 in=5x8", {sum});
  EXPECT_THAT(units(sketch.network(norm), {"(add)+norm.layer"}),
              ElementsAre("l0: activation mode=relu batch=1 in=5x8",
                          "l1+l2: norm mode=layer batch=1 in=5x8 post=add"));
}

TEST(FusionRules, ComputeConstantsOnce) {
  Sketch sketch({1, 8});
  const auto constant = sketch.add("activation mode=exp batch=1 in=8", {});
  const auto sum = sketch.add("add batch=1 in=8 inputs=2", {0, constant});
  EXPECT_THAT(units(sketch.network(sum), {"constants"}),
              ElementsAre("l1: add batch=1 in=8 inputs=2"));
}

TEST(FusionRules, AreRefusedIfTheyMakeNoSense) {
  EXPECT_THROW(FusionRules::parse({"conv+pool"}), Error);
  EXPECT_THROW(FusionRules::parse({"magic"}), Error);
}

TEST(FusionRules, SlicesThatAreAllOfATensorAreOneSplit) {
  Sketch sketch({1, 8, 4, 4});
  const std::string half = "move mode=slice batch=1 in=8x4x4 to=1x4x4x4";
  const auto first = sketch.add(half, {0});
  const auto second = sketch.add(half, {0});
  const Network halves =
      sketch.network(sketch.add("add batch=1 in=4x4x4 inputs=2", {first, second}));
  EXPECT_THAT(units(halves, {"slices"}),
              ElementsAre("l0: move mode=split batch=1 in=8x4x4 to=1x8x4x4",
                          "l2: add batch=1 in=4x4x4 inputs=2"));
  EXPECT_EQ(units(halves, {"constants"}).size(), 3u);
  const FusedNetwork fused = apply_fusion(halves, FusionRules::parse({"slices"}));
  EXPECT_THAT(fused.network.layers[0].outputs, ElementsAre(first, second));
  EXPECT_EQ(fused.groups[0].pattern, "slices");
  EXPECT_THAT(fused.groups[0].members, ElementsAre("l0", "l1"));
}

TEST(FusionRules, IndicesOfAnAxisAreOneSplitAndPartsAreNot) {
  Sketch sketch({3, 5, 6});
  const std::string one = "move mode=gather batch=3 in=5x6 to=5x6";
  const auto q = sketch.add(one, {0}), k = sketch.add(one, {0}), v = sketch.add(one, {0});
  const auto sum = sketch.add("add batch=5 in=6 inputs=3", {q, k, v});
  const auto part = sketch.add("move mode=slice batch=5 in=6 to=5x2", {sum});
  const auto other = sketch.add("move mode=slice batch=5 in=6 to=5x2", {sum});
  const auto all = sketch.add("concat batch=5 in=2+2", {part, other});
  EXPECT_THAT(
      units(sketch.network(all), {"slices"}),
      ElementsAre("l0: move mode=split batch=3 in=5x6 to=3x5x6", "l3: add batch=5 in=6 inputs=3",
                  "l4: move mode=slice batch=5 in=6 to=5x2",
                  "l5: move mode=slice batch=5 in=6 to=5x2", "l6: concat batch=5 in=2+2"));
}

TEST(FusionRules, StepsCountAsTheWorkTheyWere) {
  const Work plain = count_work(parse_layer(kConv));
  const Work fused = count_work(parse_layer(std::string(kConv) + " post=add+relu"));
  EXPECT_EQ(fused.macs, plain.macs);
  EXPECT_EQ(fused.flops, plain.flops + 2 * 128);
  EXPECT_EQ(fused.bytes(), plain.bytes() + 128 * 4);
}

}  // namespace
}  // namespace neuralpower
