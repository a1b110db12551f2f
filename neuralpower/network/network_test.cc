// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

// Each line is canonical: it must come back to the letter.
const char* const kLayers[] = {
    "conv batch=8 in=64x56x56 out=128 kernel=3x3 stride=1x1 pad=1x1",
    "conv batch=1 in=32x112x112 out=32 kernel=3x3 stride=1x1 pad=1x1 groups=32",
    "conv batch=2 in=3x17x19 out=8 kernel=3x5 stride=2x1 pad=0,1,2,3 dilation=2x1 dtype=f16",
    "conv batch=2 in=3x17x19 out=8 kernel=3x3 stride=2x1 pad=1x1 post=norm+relu+add",
    "deconv batch=1 in=64x28x28 out=32 kernel=2x2 stride=2x2 pad=0x0",
    "conv3d batch=2 in=3x16x112x112 out=64 kernel=3x7x7 stride=1x2x2 pad=1x3x3",
    "conv3d batch=1 in=8x9x9x9 out=8 kernel=2x2x2 stride=1x1x1 pad=0,0,0,1,1,1 dilation=2x1x1 "
    "groups=8 dtype=f16",
    "deconv3d batch=1 in=64x4x28x28 out=32 kernel=2x2x2 stride=2x2x2 pad=0x0x0 output_pad=1x0x0",
    "pool3d mode=max batch=8 in=64x16x56x56 kernel=1x3x3 stride=1x2x2 pad=0x1x1 ceil=1",
    "fc batch=8 in=4096 out=1000",
    "fc batch=8 in=256x6x6 out=4096 dtype=bf16",
    "pool mode=max batch=8 in=64x112x112 kernel=3x3 stride=2x2 pad=1x1",
    "pool mode=avg batch=8 in=64x112x112 kernel=3x3 stride=2x2 pad=0x0 ceil=1",
    "pool mode=adaptive_avg batch=8 in=512x7x7 out=1x1",
    "activation mode=relu batch=8 in=64x56x56",
    "activation mode=gelu batch=8 in=4096",
    "norm mode=batch batch=8 in=64x56x56",
    "norm mode=lrn batch=8 in=64x56x56 size=5",
    "add batch=8 in=64x56x56 inputs=2",
    "mul batch=8 in=64x56x56 inputs=2 broadcast=1",
    "concat batch=8 in=64x28x28+128x28x28",
    "concat batch=8 in=64x28x28+64x12x28 axis=2",
    "softmax batch=8 in=1000",
    "dropout batch=8 in=4096",
    "dropout batch=8 in=4096 keep=0.9",
    "matmul batch=96 m=128 k=64 n=128",
    "attention batch=8 heads=12 queries=128 keys=64 width=64",
    "reduce mode=mean batch=8 in=64x7x7 to=8x64",
    "reduce mode=sum batch=8 in=64x7x7 to=scalar",
    "view batch=8 in=512x7x7 to=8x25088",
    "view batch=1 in=1x1 to=scalar",
    "move mode=transpose batch=8 in=64x7x7 to=8x7x7x64",
    "move mode=slice batch=8 in=64 to=scalar",
    "embedding batch=8 in=128 rows=30522 width=768",
    "recurrent mode=lstm batch=8 in=35x650 hidden=650 directions=2",
    "activation mode=relu batch=8",
};

TEST(LayerText, CanonicalLinesComeBackToTheLetter) {
  for (const char* line : kLayers) {
    EXPECT_EQ(format_layer(parse_layer(line)), line);
  }
}

TEST(LayerText, ReadsAnyOrderAndShortForms) {
  const LayerConfig layer =
      parse_layer("conv pad=1 kernel=3 out=128 dtype=f32 in=64x56x56 batch=8");
  EXPECT_EQ(format_layer(layer), kLayers[0]);
  EXPECT_EQ(parse_layer("conv3d in=8x4x6x6 out=4 kernel=3 pad=1"),
            parse_layer("conv3d in=8x4x6x6 out=4 kernel=3x3x3 stride=1 pad=1,1,1,1,1,1"));
  EXPECT_EQ(parse_layer("add in=8x2x2 batch=4"), parse_layer("add batch=4 in=8x2x2 inputs=2"));
}

std::string error_of(std::string_view line) {
  try {
    parse_layer(line);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LayerText, ErrorsNameTheKeyAndTheRemedy) {
  EXPECT_THAT(error_of("convv batch=1 in=1x1x1 out=1 kernel=1"), HasSubstr("did you mean 'conv'"));
  EXPECT_THAT(error_of("conv batch=1 in=1x1x1 out=1"), HasSubstr("needs kernel="));
  EXPECT_THAT(error_of("conv batch=1 in=1x1x1 out=1 kernel=1 strid=2"), HasSubstr("'stride'"));
  EXPECT_THAT(error_of("conv batch=1 in=4x4x4 out=1 kernel=1 stride=0"), HasSubstr("stride is 0"));
  EXPECT_THAT(error_of("conv batch=1 in=4x4x4 out=1 kernel=7"), HasSubstr("covers 7"));
  EXPECT_THAT(error_of("conv batch=1 in=4x4x4 out=2 kernel=1 groups=3"), HasSubstr("groups 3"));
  EXPECT_THAT(error_of("conv batch=1 in=4x4 out=2 kernel=1"), HasSubstr("4 dimensions"));
  EXPECT_THAT(error_of("fc batch=1 in=-4 out=2"), HasSubstr("sizes"));
  EXPECT_THAT(error_of("fc batch=1 batch=2 in=4 out=2"), HasSubstr("twice"));
  EXPECT_THAT(error_of("fc batch=9000000000000 in=4000000000 out=2"), HasSubstr("exceeds"));
  EXPECT_THAT(error_of("pool mode=median batch=1 in=1x4x4 kernel=2"), HasSubstr("max|avg"));
  EXPECT_THAT(error_of("conv3d in=1x4x4 out=1 kernel=2"), HasSubstr("5 dimensions"));
  EXPECT_THAT(error_of("conv3d in=1x4x4x4 out=1 kernel=2x2"), HasSubstr("DxHxW"));
  EXPECT_THAT(error_of("conv3d in=1x4x4x4 out=1 kernel=2 pad=1,1,1,1"), HasSubstr("front,top"));
  EXPECT_THAT(error_of("conv3d in=1x2x4x4 out=1 kernel=3"), HasSubstr("covers 3"));
  EXPECT_THAT(error_of("pool3d mode=adaptive_avg in=1x2x4x4 kernel=1"), HasSubstr("max or avg"));
}

TEST(ShapeInference, WindowsRoundAsFrameworksDo) {
  EXPECT_EQ(window_output(224, 11, 4, 2, 2, 1), 55);
  EXPECT_EQ(window_output(112, 3, 2, 0, 0, 1, true), 56);  // SqueezeNet, GoogLeNet
  EXPECT_EQ(window_output(112, 3, 2, 1, 1, 1), 56);
  // A window may not start in the padding behind the input (PyTorch's and Caffe's rule).
  EXPECT_EQ(window_output(4, 2, 3, 1, 1, 1, true), 2);
  EXPECT_EQ(window_output(10, 3, 1, 0, 0, 4), 2);
}

TEST(ShapeInference, TransposedConvolutionUndoesTheStride) {
  const LayerConfig layer =
      parse_layer("deconv batch=1 in=64x28x28 out=32 kernel=4 stride=2 pad=1");
  EXPECT_EQ(output_shape(layer), (Shape{1, 32, 56, 56}));
}

TEST(ShapeInference, VolumesSlideAlongThreeAxes) {
  EXPECT_EQ(output_shape(
                parse_layer("conv3d in=3x16x112x112 out=64 kernel=3x7x7 stride=1x2x2 pad=1x3x3")),
            (Shape{1, 64, 16, 56, 56}));
  EXPECT_EQ(output_shape(parse_layer("deconv3d in=8x4x5x6 out=2 kernel=3 stride=2 pad=1 "
                                     "output_pad=1x0x1")),
            (Shape{1, 2, 8, 9, 12}));
  EXPECT_EQ(output_shape(parse_layer("pool3d mode=max in=8x5x6x7 kernel=2 stride=2 ceil=1")),
            (Shape{1, 8, 3, 3, 4}));
}

TEST(Work, CountsTheTextbookLayers) {
  // AlexNet conv1: 11*11*3*55*55*64 multiply-accumulates an image.
  Work work = count_work(parse_layer("conv batch=2 in=3x224x224 out=64 kernel=11 stride=4 pad=2"));
  EXPECT_EQ(work.macs, 2 * 70276800);
  EXPECT_EQ(work.flops, 2 * work.macs);
  EXPECT_EQ(work.weights, 11 * 11 * 3 * 64);
  EXPECT_EQ(work.bytes(), 4 * (2 * 3 * 224 * 224 + 2 * 64 * 55 * 55 + 23232));

  work = count_work(parse_layer("conv batch=1 in=32x112x112 out=32 kernel=3 pad=1 groups=32"));
  EXPECT_EQ(work.macs, 9 * 32 * 112 * 112);

  work = count_work(parse_layer("conv3d batch=2 in=4x8x8x8 out=6 kernel=3 pad=1 groups=2"));
  EXPECT_EQ(work.macs, 2 * 27 * 2 * 6 * 8 * 8 * 8);
  EXPECT_EQ(work.weights, 27 * 2 * 6);
  work = count_work(parse_layer("deconv3d in=4x3x3x3 out=6 kernel=2 stride=2"));
  EXPECT_EQ(work.macs, 8 * 4 * 6 * 27);

  work = count_work(parse_layer("fc batch=8 in=4096 out=1000 dtype=f16"));
  EXPECT_EQ(work.macs, 8 * 4096 * 1000);
  EXPECT_EQ(work.weight_bytes, 2 * 4096 * 1000);

  work = count_work(parse_layer("matmul batch=96 m=128 k=64 n=32"));
  EXPECT_EQ(work.macs, 96 * 128 * 64 * 32);

  work = count_work(parse_layer("activation mode=relu batch=8 in=10"));
  EXPECT_EQ(work.macs, 0);
  EXPECT_EQ(work.flops, 80);

  work = count_work(parse_layer("recurrent mode=lstm batch=2 in=5x7 hidden=3"));
  EXPECT_EQ(work.macs, 2 * 5 * 4 * 3 * (7 + 3));

  work = count_work(parse_layer("view batch=8 in=512x7x7 to=8x25088"));
  EXPECT_EQ(work.bytes(), 0);
}

TEST(Work, AttentionEqualsItsParts) {
  const Work whole =
      count_work(parse_layer("attention batch=8 heads=12 queries=128 keys=96 width=64"));
  const Work scores = count_work(parse_layer("matmul batch=96 m=128 k=64 n=96"));
  const Work values = count_work(parse_layer("matmul batch=96 m=128 k=96 n=64"));
  EXPECT_EQ(whole.macs, scores.macs + values.macs);
}

TEST(Network, TotalsCountWhatIsLeftOut) {
  Network network;
  Layer known;
  known.config = parse_layer("fc batch=8 in=4096 out=1000");
  known.params = 4097000;
  Layer unknown;
  unknown.config.op = UnsupportedOp{"Foo", ""};
  network.layers = {known, unknown};
  const NetworkWork total = total_work(network);
  EXPECT_EQ(total.macs, 8 * 4096 * 1000);
  EXPECT_EQ(total.params, 4097000);
  EXPECT_EQ(total.unsupported, 1);
}

}  // namespace
}  // namespace neuralpower
