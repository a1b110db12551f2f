// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/test_sketch.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> lines(const FusedNetwork& fused) {
  std::vector<std::string> result;
  for (const Layer& layer : fused.network.layers) result.push_back(format_layer(layer.config));
  return result;
}

TEST(Fusion, SeesAGelu) {
  Sketch sketch({2, 8});
  const auto scaled = sketch.add("div batch=2 in=8 inputs=2 broadcast=1", {0});
  const auto erf = sketch.add("activation mode=erf batch=2 in=8", {scaled});
  const auto sum = sketch.add("add batch=2 in=8 inputs=2 broadcast=1", {erf});
  const auto product = sketch.add("mul batch=2 in=8 inputs=2", {0, sum});
  const auto half = sketch.add("mul batch=2 in=8 inputs=2 broadcast=1", {product});
  const FusedNetwork fused = sketch.fuse(half);
  EXPECT_THAT(lines(fused), ElementsAre("activation mode=gelu batch=2 in=8"));
  EXPECT_EQ(fused.network.layers[0].inputs, std::vector<TensorId>{0});
  EXPECT_EQ(fused.network.layers[0].outputs, std::vector<TensorId>{half});
  EXPECT_EQ(fused.groups[0].pattern, "gelu");
  EXPECT_THAT(fused.groups[0].members, ElementsAre("l0", "l1", "l2", "l3", "l4"));
}

TEST(Fusion, SeesALayerNormWithItsParameters) {
  Sketch sketch({2, 5, 8});
  const auto mean = sketch.add("reduce mode=mean batch=2 in=5x8 to=2x5x1", {0});
  const auto centred = sketch.add("sub batch=2 in=5x8 inputs=2 broadcast=1", {0, mean});
  const auto square = sketch.add("activation mode=pow batch=2 in=5x8", {centred});
  const auto variance = sketch.add("reduce mode=mean batch=2 in=5x8 to=2x5x1", {square});
  const auto sum = sketch.add("add batch=2 in=5x1 inputs=2 broadcast=1", {variance});
  const auto root = sketch.add("activation mode=sqrt batch=2 in=5x1", {sum});
  const auto ratio = sketch.add("div batch=2 in=5x8 inputs=2 broadcast=1", {centred, root});
  const auto scale = sketch.add("mul batch=2 in=5x8 inputs=2 broadcast=1", {ratio}, 8);
  const auto shift = sketch.add("add batch=2 in=5x8 inputs=2 broadcast=1", {scale}, 8);
  const FusedNetwork fused = sketch.fuse(shift);
  EXPECT_THAT(lines(fused), ElementsAre("norm mode=layer batch=2 in=5x8"));
  EXPECT_EQ(fused.network.layers[0].params, 16);
}

TEST(Fusion, SeesAttention) {
  Sketch sketch({2, 4, 10, 16});
  const auto key = sketch.add("move mode=transpose batch=2 in=4x10x16 to=2x4x16x10", {0});
  const auto scores = sketch.add("matmul batch=8 m=10 k=16 n=10", {0, key});
  const auto scaled = sketch.add("div batch=8 in=10x10 inputs=2 broadcast=1", {scores});
  const auto softmax = sketch.add("softmax batch=8 in=10x10", {scaled});
  const auto out = sketch.add("matmul batch=8 m=10 k=10 n=16", {softmax, 0});
  const FusedNetwork fused = sketch.fuse(out);
  EXPECT_THAT(lines(fused), ElementsAre("attention batch=2 heads=4 queries=10 keys=10 width=16"));
  EXPECT_EQ(total_work(fused.network).macs, 2 * 8 * 10 * 10 * 16);
}

TEST(Fusion, LeavesWhatIsReadElsewhere) {
  Sketch sketch({2, 8});
  const auto gate = sketch.add("activation mode=sigmoid batch=2 in=8", {0});
  const auto product = sketch.add("mul batch=2 in=8 inputs=2", {0, gate});
  const auto sum = sketch.add("add batch=2 in=8 inputs=2", {product, gate});
  EXPECT_TRUE(sketch.fuse(sum).groups.empty());

  Sketch closed({2, 8});
  const auto inner = closed.add("activation mode=sigmoid batch=2 in=8", {0});
  const auto swish = closed.add("mul batch=2 in=8 inputs=2", {inner, 0});
  EXPECT_THAT(lines(closed.fuse(swish)), ElementsAre("activation mode=silu batch=2 in=8"));
}

TEST(Fusion, SeesHardSwishAndChannelShuffle) {
  Sketch sketch({2, 8, 4, 4});
  const auto sum = sketch.add("add batch=2 in=8x4x4 inputs=2 broadcast=1", {0});
  const auto clip = sketch.add("activation mode=clip batch=2 in=8x4x4", {sum});
  const auto product = sketch.add("mul batch=2 in=8x4x4 inputs=2", {0, clip});
  const auto swish = sketch.add("div batch=2 in=8x4x4 inputs=2 broadcast=1", {product});
  const auto split = sketch.add("view batch=2 in=8x4x4 to=2x2x4x4x4", {swish});
  const auto swap = sketch.add("move mode=transpose batch=2 in=2x4x4x4 to=2x4x2x4x4", {split});
  const auto join = sketch.add("view batch=2 in=4x2x4x4 to=2x8x4x4", {swap});
  EXPECT_THAT(lines(sketch.fuse(join)),
              ElementsAre("activation mode=hard_swish batch=2 in=8x4x4",
                          "move mode=channel_shuffle batch=2 in=8x4x4 to=2x8x4x4"));
}

}  // namespace
}  // namespace neuralpower
