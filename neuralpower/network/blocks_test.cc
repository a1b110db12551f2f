// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;

// A network in which layer i writes tensor i + 1 and tensor 0 is an image.
class Sketch {
 public:
  Sketch() { network.inputs = {network.add_tensor({"x", {2, 8, 6, 6}})}; }
  TensorId add(const std::string& text, std::vector<TensorId> inputs) {
    Layer layer;
    layer.name = "l" + std::to_string(network.layers.size());
    layer.config = parse_layer(text);
    layer.inputs = std::move(inputs);
    layer.outputs = {network.add_tensor({layer.name, output_shape(layer.config)})};
    network.layers.push_back(layer);
    return layer.outputs[0];
  }
  Network network;
};

TEST(Blocks, SeesSqueezeExciteOfConvolutions) {
  Sketch sketch;
  const auto pooled = sketch.add("pool mode=adaptive_avg batch=2 in=8x6x6 out=1x1", {0});
  const auto squeezed = sketch.add("conv batch=2 in=8x1x1 out=2 kernel=1", {pooled});
  const auto active = sketch.add("activation mode=silu batch=2 in=2x1x1", {squeezed});
  const auto excited = sketch.add("conv batch=2 in=2x1x1 out=8 kernel=1", {active});
  const auto gate = sketch.add("activation mode=sigmoid batch=2 in=8x1x1", {excited});
  sketch.add("mul batch=2 in=8x6x6 inputs=2 broadcast=1", {gate, 0});
  const auto blocks = find_blocks(sketch.network);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].pattern, "squeeze-excite");
  EXPECT_THAT(blocks[0].members, ElementsAre("l0", "l1", "l2", "l3", "l4", "l5"));

  sketch.add("activation mode=relu batch=2 in=8x1x1", {gate});  // somebody else wants the gate
  EXPECT_TRUE(find_blocks(sketch.network).empty());
}

TEST(Blocks, SeesSqueezeExciteOfMatricesAndMeans) {
  Sketch sketch;
  const auto mean = sketch.add("reduce mode=mean batch=2 in=8x6x6 to=2x8", {0});
  const auto squeezed = sketch.add("fc batch=2 in=8 out=2", {mean});
  const auto active = sketch.add("activation mode=relu batch=2 in=2", {squeezed});
  const auto excited = sketch.add("fc batch=2 in=2 out=8", {active});
  const auto gate = sketch.add("activation mode=hard_sigmoid batch=2 in=8", {excited});
  const auto plane = sketch.add("view batch=2 in=8 to=2x8x1x1", {gate});
  sketch.add("mul batch=2 in=8x6x6 inputs=2 broadcast=1", {0, plane});
  EXPECT_EQ(find_blocks(sketch.network).size(), 1u);
}

TEST(Blocks, AGateOfSomethingElseIsNone) {
  Sketch sketch;
  const auto other = sketch.add("activation mode=relu batch=2 in=8x6x6", {0});
  const auto pooled = sketch.add("pool mode=adaptive_avg batch=2 in=8x6x6 out=1x1", {other});
  const auto one = sketch.add("conv batch=2 in=8x1x1 out=8 kernel=1", {pooled});
  const auto gate = sketch.add("activation mode=sigmoid batch=2 in=8x1x1", {one});
  sketch.add("mul batch=2 in=8x6x6 inputs=2 broadcast=1", {gate, 0});
  sketch.add("mul batch=2 in=8x6x6 inputs=2", {0, 0});
  EXPECT_TRUE(find_blocks(sketch.network).empty());
}

}  // namespace
}  // namespace neuralpower
