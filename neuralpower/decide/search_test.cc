// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/search_state.h"
#include "neuralpower/decide/test_device.h"
#include "neuralpower/importers/layers/layer_list.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBlocks = R"(
image: input batch=2 in=3x16x16
choose stem = 8 16
conv out=$stem kernel=3 pad=1
repeat 0..2 depth
  choose wide = 8 16
  require $wide <= $stem
  p: conv out=$wide kernel=1
  q: conv out=$stem kernel=1
  concat <- q, before
end
edge: conv out=4 kernel=1 | conv out=4 kernel=3 pad=same | skip | none
last: conv out=4 kernel=17 | conv out=4 kernel=1 <- edge
fc out=10
)";

DeviceModel device_with_concat() {
  DeviceModel device = test_device();
  device.layers["concat"].runtime = test_layer_model("concat", Target::kRuntime, 0.1, {});
  device.layers["concat"].power = test_layer_model("concat", Target::kPower, 20, {});
  return device;
}

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() : predictor_(device_with_concat()), space_(parse_space(kBlocks, "blocks")) {}
  SearchResult run(const SearchOptions& options) const {
    return search(space_, predictor_, options);
  }
  Predictor predictor_;
  Space space_;
};

std::vector<std::uint64_t> indices(const std::vector<FoundArchitecture>& found) {
  std::vector<std::uint64_t> all;
  for (const FoundArchitecture& f : found) all.push_back(f.index);
  return all;
}

TEST_F(SearchTest, EveryCostIsThatOfTheNetworkWrittenOut) {
  SpaceEvaluator evaluator(space_, predictor_);
  int valid = 0;
  for (std::uint64_t i = 0; i < *space_.count(); ++i) {
    const Architecture a = space_.at(i);
    if (!space_.allows(a)) continue;
    const ArchitectureCost cost = evaluator.evaluate(a);
    if (!cost.valid) continue;
    ++valid;
    const Network network = parse_layer_list(evaluator.layer_list(a), "x");
    const NetworkPrediction whole = predictor_.predict(network);
    EXPECT_NEAR(cost.latency_s, whole.runtime->value.value(), 1e-12 * cost.latency_s);
    EXPECT_NEAR(cost.energy_j, whole.energy->value.value(), 1e-12 * cost.energy_j);
    EXPECT_EQ(cost.macs, static_cast<double>(total_work(network).macs));
    EXPECT_EQ(cost.batch, 2);
  }
  // Stem 8 allows only wide=8: 1 + 1 + 1 blocks; stem 16: 1 + 2 + 4; three edges lead on, one of
  // two last layers fits.
  EXPECT_EQ(valid, (3 + 7) * 3);
}

TEST_F(SearchTest, BoundsAreTheSumsOfTheLayers) {
  SpaceEvaluator evaluator(space_, predictor_);
  const SearchResult result = run({});
  ASSERT_FALSE(result.front.empty());
  for (const FoundArchitecture& f : result.front) {
    const NetworkPrediction whole =
        predictor_.predict(parse_layer_list(evaluator.layer_list(f.architecture), "x"));
    EXPECT_NEAR(f.cost.latency_low_s, whole.runtime->low.value(), 1e-12 * f.cost.latency_s);
    EXPECT_NEAR(f.cost.latency_high_s, whole.runtime->high.value(), 1e-12 * f.cost.latency_s);
    EXPECT_NEAR(f.cost.energy_low_j, whole.energy->low.value(), 1e-12 * f.cost.energy_j);
    EXPECT_NEAR(f.cost.energy_high_j, whole.energy->high.value(), 1e-12 * f.cost.energy_j);
  }
}

TEST_F(SearchTest, EnumerationFindsTheTrueFrontAndBest) {
  SearchOptions options;
  options.top = 5;
  const SearchResult result = run(options);
  EXPECT_EQ(result.evaluated, 30u);
  EXPECT_GT(result.invalid, 0u);
  EXPECT_THAT(result.first_invalid, HasSubstr("kernel=17"));
  SpaceEvaluator evaluator(space_, predictor_);
  std::vector<FoundArchitecture> all;
  for (std::uint64_t i = 0; i < *space_.count(); ++i) {
    const Architecture a = space_.at(i);
    if (!space_.allows(a)) continue;
    const ArchitectureCost cost = evaluator.evaluate(a);
    if (cost.valid) all.push_back({i, a, cost, std::nullopt});
  }
  std::vector<double> energy, macs;
  for (const FoundArchitecture& f : all) {
    energy.push_back(f.value(Objective::kEnergy));
    macs.push_back(f.value(Objective::kMacs));
  }
  const std::vector<bool> truth = pareto_front(energy, macs);
  std::set<std::pair<double, double>> expected, found;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (truth[i]) expected.emplace(energy[i], macs[i]);
  for (const FoundArchitecture& f : result.front)
    found.emplace(f.value(Objective::kEnergy), f.value(Objective::kMacs));
  EXPECT_EQ(found, expected);
  EXPECT_EQ(result.best.size(), 5u);
  EXPECT_EQ(result.best[0].value(Objective::kEnergy),
            *std::min_element(energy.begin(), energy.end()));
}

TEST_F(SearchTest, ShardsThreadsAndResumingFindTheSame) {
  SearchOptions options;
  const SearchResult whole = run(options);
  options.threads = 3;
  EXPECT_EQ(indices(run(options).front), indices(whole.front));
  EXPECT_EQ(indices(run(options).best), indices(whole.best));
  options.shards = 3;
  std::uint64_t evaluated = 0;
  std::vector<FoundArchitecture> front;
  for (options.shard = 0; options.shard < 3; ++options.shard) {
    const SearchResult part = run(options);
    evaluated += part.evaluated;
    for (const FoundArchitecture& f : part.front) insert_into_front(front, f, options.objectives);
  }
  EXPECT_EQ(evaluated, whole.evaluated);
  EXPECT_EQ(front.size(), whole.front.size());
}

// As after a kill: what was found stands in the state, the rest is done by another run.
TEST_F(SearchTest, AStateGoesOnWhereItEnded) {
  for (const auto mode : {SearchOptions::Mode::kSample, SearchOptions::Mode::kEvolve}) {
    SearchOptions options;
    options.mode = mode;
    options.count = 150000;  // more than a progress report's worth
    const SearchResult whole = run(options);
    std::string state;
    search(space_, predictor_, options, [&](const SearchResult& part) {
      state = search_state(part, "x");
      return false;
    });
    const SearchResult half = parse_search_state(space_, state, "x");
    EXPECT_GT(half.next, 0u);
    EXPECT_LT(half.next, half.end);
    const SearchResult rest = search(space_, predictor_, options, {}, half);
    EXPECT_EQ(rest.evaluated, whole.evaluated);
    EXPECT_EQ(indices(rest.front), indices(whole.front));
    EXPECT_EQ(indices(rest.best), indices(whole.best));
    EXPECT_THROW(parse_search_state(space_, state, "another"), Error);
  }
}

TEST_F(SearchTest, KeepsAFewOfAllCandidates) {
  SearchOptions options;
  options.mode = SearchOptions::Mode::kSample;
  options.count = 1000;
  options.keep_seen = 100;
  const SearchResult result = run(options);
  EXPECT_GT(result.seen.size(), 20u);  // some samples cannot be built
  EXPECT_LE(result.seen.size(), 100u);
  for (const FoundArchitecture& f : result.seen) EXPECT_EQ(f.index % 10, 0u);
  EXPECT_TRUE(run({}).seen.empty());
}

TEST_F(SearchTest, EvolutionCutInShardsIsDeterministic) {
  SearchOptions options;
  options.mode = SearchOptions::Mode::kEvolve;
  options.count = 2000;
  options.shards = 2;
  options.shard = 1;
  EXPECT_EQ(run(options).begin, 1000u);
  EXPECT_EQ(indices(run(options).front), indices(run(options).front));
}

TEST_F(SearchTest, LimitsAndErrorsLeaveOut) {
  SearchOptions options;
  const SearchResult all = run(options);
  options.limits.energy_per_item = Joules(all.best[3].value(Objective::kEnergy));
  const SearchResult some = run(options);
  EXPECT_GT(some.limited, 0u);
  EXPECT_EQ(some.best.size(), 4u);
  options = {};
  options.objectives = {Objective::kError, Objective::kEnergy};
  options.errors = [](const std::vector<std::string>& names) {
    std::vector<std::optional<double>> errors;
    for (const std::string& name : names)
      errors.push_back(name.starts_with("stem=8") ? std::optional(0.5) : std::nullopt);
    return errors;
  };
  const SearchResult judged = run(options);
  EXPECT_EQ(judged.without_error, 21u);
  EXPECT_EQ(judged.front.size(), 1u);  // one error: the cheapest
}

TEST_F(SearchTest, EvolutionFindsTheBestOfASmallSpace) {
  SearchOptions options;
  options.mode = SearchOptions::Mode::kEvolve;
  options.count = 3000;
  EXPECT_EQ(run(options).best[0].architecture, run({}).best[0].architecture);
}

TEST(Space, IndexAndEnumerationAgree) {
  const Space space = parse_space(kBlocks, "blocks");
  // 2 stems, 1 + 2 + 4 depths, 4 edges, 2 last layers
  ASSERT_EQ(space.count(), 2u * 7u * 4u * 2u);
  EXPECT_NEAR(space.log10_count(), std::log10(112.0), 1e-9);
  Architecture a = space.at(0);
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < 112; ++i) {
    EXPECT_EQ(space.at(i), a);
    names.insert(describe(space, a));
    EXPECT_EQ(space.advance(a), i + 1 < 112);
  }
  EXPECT_EQ(names.size(), 112u);
}

TEST(Space, CountsWithoutOverflow) {
  const Space space = parse_space(
      "image: input batch=1 in=3x8x8\nchoose a = 1..250\nrepeat 1..40 n\n  choose b = 1..250\n"
      "  conv out=$b kernel=1\nend\n",
      "huge");
  EXPECT_FALSE(space.count());
  EXPECT_NEAR(space.log10_count(), 41 * std::log10(250.0), 0.01);
}

TEST(Space, ErrorsNameTheLine) {
  const auto failure = [](const char* text) {
    try {
      parse_space(text, "x");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("read");
  };
  EXPECT_THAT(failure("image: input batch=1 in=3x8x8\nconv out=$width\n"),
              HasSubstr("line 2: there is no parameter 'width'"));
  EXPECT_THAT(failure("repeat 1..2 n\nconv out=1\n"), HasSubstr("line 1: has no 'end'"));
  EXPECT_THAT(failure("image: input batch=1 in=3\nfc out=1 <- x\n"),
              HasSubstr("line 2: there is no line 'x'"));
  EXPECT_THAT(failure("choose a = 1 2\nrequire $a\n"), HasSubstr("line 2: has no comparison"));
  EXPECT_THAT(failure("fc out=10\n"), HasSubstr("no input"));
  EXPECT_THAT(failure("image: input batch=1 in=3x8x8 | skip\nfc out=10\n"),
              HasSubstr("line 1: an input has no alternatives"));
}

TEST_F(SearchTest, StatesOfFilesAreChecked) {
  const std::string sound = search_state(search(space_, predictor_, {}), "f");
  parse_search_state(space_, sound, "f");
  const auto failure = [&](const std::string& behind, const std::string& inserted) {
    std::string text = sound;
    text.insert(text.find(behind) + behind.size(), inserted);
    try {
      parse_search_state(space_, text, "f");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("read");
  };
  EXPECT_THAT(failure("\"batch\": ", "0, \"was\": "), HasSubstr("batch of nothing"));
  EXPECT_THAT(failure("\"begin\": ", "-1, \"was\": "), HasSubstr("a count is none"));
  EXPECT_THAT(failure("\"latency_s\": ", "-1, \"was\": "), HasSubstr("negative amount"));
  EXPECT_THAT(failure("\"choices\": [", "300, "), HasSubstr("another space"));
}

TEST(Space, TheExamplesAreRead) {
  const std::string folder = NEURALPOWER_SOURCE_DIR "/examples/spaces/";
  EXPECT_EQ(load_space(folder + "nas-bench-201.space").count(), 15625u);
  for (const char* name : {"cifar10-random", "mnist-random", "mobile", "ten-million"})
    EXPECT_GT(load_space(folder + name + ".space").count().value_or(1u << 30), 100u) << name;
}

}  // namespace
}  // namespace neuralpower
