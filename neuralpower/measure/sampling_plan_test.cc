// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/sampling_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kPlan = R"(
# a comment
seed 7
network nets/a.layers batch=1,8
layer fc batch=4 in=128 out=10
draw 30 conv batch={n} in={ci}x{s}x{s} out={co} kernel=3 pad=1   # trailing
  n = 1 | 2 | 4
  ci = 16..256 step 16 log
  co = 16..256 step 16
  s = 7 | 14
  limit gflop 0.5
draw 10 pool mode=max batch=1 in=16x{s}x{s} {window}
  s = 8..64
  window = kernel=2 stride=2 | kernel=3 stride=2 pad=1
)";

TEST(SamplingPlan, DrawsTheSameLayersEveryTime) {
  const SamplingPlan plan = parse_sampling_plan(kPlan);
  EXPECT_THAT(plan.networks, SizeIs(1));
  EXPECT_EQ(plan.networks[0].batches, (std::vector<std::int64_t>{1, 8}));
  const auto layers = expand(plan);
  ASSERT_THAT(layers, SizeIs(41));
  EXPECT_EQ(layers, expand(parse_sampling_plan(kPlan)));
  std::set<std::string> texts;
  for (const LayerConfig& layer : layers) {
    texts.insert(format_layer(layer));
    EXPECT_LE(count_work(layer).flops, 500'000'000);
    if (const auto* conv = std::get_if<Convolution>(&layer.op)) {
      EXPECT_EQ(conv->out_channels % 16, 0);
      EXPECT_GE(layer.inputs[0][1], 16);
      EXPECT_LE(layer.inputs[0][1], 256);
    }
  }
  EXPECT_THAT(texts, SizeIs(41));
  std::string other(kPlan);
  other.replace(other.find("seed 7"), 6, "seed 8");
  EXPECT_NE(layers, expand(parse_sampling_plan(other)));
}

TEST(SamplingPlan, EveryBeginningCoversEveryPart) {
  const auto layers = expand(parse_sampling_plan(kPlan));
  int convolutions = 0, pools = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    convolutions += std::holds_alternative<Convolution>(layers[i].op);
    pools += std::holds_alternative<Pooling>(layers[i].op);
  }
  EXPECT_NEAR(convolutions, 15, 1);
  EXPECT_NEAR(pools, 5, 1);
}

std::string error_of(std::string_view text) {
  try {
    expand(parse_sampling_plan(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SamplingPlan, ErrorsNameTheLine) {
  EXPECT_THAT(error_of("\nseeds 3"), HasSubstr("line 2: 'seeds' is none of"));
  EXPECT_THAT(error_of("draw 3 fc batch={n} in=4 out=4"), HasSubstr("{n} has no values"));
  EXPECT_THAT(error_of("draw x fc batch=1 in=4 out=4"), HasSubstr("number of layers"));
  EXPECT_THAT(error_of("draw 3 fc batch={n} in=4 out=4\n n = 4..2"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("draw 3 fc batch={n} in=4 out=4\n n = 1..9\n limit watts 3"),
              HasSubstr("line 3"));
  EXPECT_THAT(error_of("draw 9 fc batch={n} in=4 out=4\n n = 1 | 2"),
              HasSubstr("only 2 of 9 layers"));
  EXPECT_THAT(error_of(" n = 1"), HasSubstr("belongs to a draw"));
  EXPECT_THAT(error_of("layer conf in=3"), HasSubstr("line 1"));
}

TEST(SamplingPlan, TheShippedPlansExpand) {
  const auto folder = std::filesystem::path(NEURALPOWER_SOURCE_DIR) / "examples/plans";
  int plans = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const SamplingPlan plan = read_sampling_plan(entry.path());
    EXPECT_GT(expand(plan).size(), 100u) << entry.path();
    ++plans;
  }
  EXPECT_GT(plans, 0);
}

}  // namespace
}  // namespace neuralpower
