// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/write_onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/caffe/caffe.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Network read_back(const Network& network, const ImportOptions& options = {}) {
  return import_onnx_bytes(to_onnx_bytes(network), "again", options);
}

// Layers with their parameters, without views; fully connected layers over a row.
std::vector<std::string> described(const Network& network) {
  std::vector<std::string> lines;
  for (const Layer& layer : network.layers) {
    if (is_free(layer.config)) continue;
    LayerConfig config = layer.config;
    if (std::holds_alternative<FullyConnected>(config.op))
      config.inputs[0] = Shape{config.inputs[0][0], config.inputs[0].element_count_from(1)};
    lines.push_back(layer.name + ": " + format_layer(config) + " params " +
                    std::to_string(layer.params));
  }
  return lines;
}

std::vector<Shape> output_shapes(const Network& network) {
  std::vector<Shape> shapes;
  for (TensorId id : network.outputs)
    shapes.push_back(network.tensors[static_cast<std::size_t>(id)].shape);
  return shapes;
}

void expect_comes_back(const Network& network) {
  const Network again = read_back(network);
  EXPECT_EQ(described(again), described(network));
  EXPECT_EQ(output_shapes(again), output_shapes(network));
  EXPECT_EQ(total_work(again).macs, total_work(network).macs);
  EXPECT_EQ(total_work(again).params, total_work(network).params);
  EXPECT_EQ(again.inputs.size(), network.inputs.size());
  EXPECT_EQ(again.batch, network.batch);
  // And once more: what was read from ONNX is written as it was read.
  EXPECT_EQ(described(read_back(again)), described(again));
}

Network example(const std::string& file) {
  return import_network(std::string(NEURALPOWER_SOURCE_DIR "/") + file);
}

TEST(WriteOnnx, ExamplesComeBack) {
  for (const char* name : {"nin", "overfeat", "cifar10_6conv", "resnet50"}) {
    SCOPED_TRACE(name);
    expect_comes_back(example(std::string("examples/networks/") + name + ".layers"));
  }
  for (const char* name : {"vgg16", "alex_v2", "inception_v3", "resnet50"}) {
    SCOPED_TRACE(name);
    expect_comes_back(example(std::string("tests/data/paleo/") + name + ".json"));
  }
}

// Adaptive pooling becomes windows; nothing else changes.
TEST(WriteOnnx, AdaptivePoolingBecomesWindows) {
  for (const char* name : {"alexnet", "vgg16"}) {
    const Network network = example(std::string("examples/networks/") + name + ".layers");
    const Network again = read_back(network);
    const auto before = described(network), after = described(again);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].find("adaptive") == std::string::npos) {
        EXPECT_EQ(after[i], before[i]);
      } else {
        EXPECT_THAT(after[i], HasSubstr("pool mode=avg"));
      }
    }
    EXPECT_EQ(total_work(again).params, total_work(network).params);
  }
}

TEST(WriteOnnx, AnotherBatchCanBeChosenOnReading) {
  const Network network = example("examples/networks/resnet50.layers");
  ImportOptions options;
  options.batch = 8;
  EXPECT_EQ(total_work(read_back(network, options)).macs, 8 * total_work(network).macs);
}

TEST(WriteOnnx, VolumesComeBack) {
  expect_comes_back(
      parse_layer_list("x: input batch=2 in=8x6x12x12\n"
                       "c: conv3d out=6 kernel=3x2x2 stride=1x2x1 pad=1,0,1,1,2,3 groups=2\n"
                       "n: norm mode=batch\n"
                       "d: deconv3d out=4 kernel=4 stride=2 pad=1 output_pad=1\n"
                       "p: pool3d mode=max kernel=3 stride=2 ceil=1\n"
                       "a: pool3d mode=avg kernel=2 stride=2\n",
                       "volumes"));
}

TEST(WriteOnnx, OperatorsThatOnnxHas) {
  expect_comes_back(
      parse_layer_list("x: input batch=2 in=8x12x12\n"
                       "c: conv out=6 kernel=3x2 stride=2x1 pad=0,1,2,3 dilation=2x1 groups=2\n"
                       "d: deconv out=4 kernel=4 stride=2 pad=1 output_pad=1\n"
                       "p: pool mode=max kernel=3 stride=2 ceil=1\n"
                       "a: pool mode=avg kernel=2 stride=2\n"
                       "l: norm mode=lrn size=3\n"
                       "i: norm mode=instance\n"
                       "r: activation mode=leaky_relu\n"
                       "g: activation mode=gelu\n"
                       "e: activation mode=pow\n"
                       "q: activation mode=prelu params=4\n"
                       "s: add <- q, e, r\n"
                       "gate: pool mode=adaptive_avg out=1x1\n"
                       "m: mul <- s, gate\n"
                       "scaled: mul batch=2 in=4x2x7 inputs=2 broadcast=1 params=4 <- m\n"
                       "sub: sub <- scaled, s\n"
                       "cat: concat <- sub, s\n"
                       "up: move mode=resize to=2x8x6x10\n"
                       "halves: move mode=split to=2x8x6x10 -> left 2x4x6x10, right 2x4x6x10\n"
                       "max: max <- left, right\n"
                       "t: move mode=transpose to=2x10x6x4\n"
                       "cut: move mode=slice to=2x10x3x4\n"
                       "wide: move mode=pad to=2x10x4x4\n"
                       "tiled: move mode=tile to=2x10x4x8\n"
                       "mean: reduce mode=mean to=2x10\n"
                       "drop: dropout keep=0.9\n"
                       "soft: softmax\n",
                       "net"));
}

TEST(WriteOnnx, SequencesComeBack) {
  expect_comes_back(
      parse_layer_list("x: input batch=2 in=16x32\n"
                       "n: norm mode=layer\n"
                       "lstm: recurrent mode=lstm hidden=16 directions=2\n"
                       "gru: recurrent mode=gru hidden=32\n"
                       "fc: fc batch=32 in=32 out=64 -> 2x16x64\n"
                       "k: move mode=transpose to=2x64x16\n"
                       "mm: matmul <- fc, k\n"
                       "soft: softmax\n",
                       "net"));
}

TEST(WriteOnnx, WhatOnnxLacksIsAnOperatorOfOurOwn) {
  const Network network = parse_layer_list(
      "ids: input batch=2 in=16 dtype=i64\n"
      "e: embedding rows=1000 width=32\n"
      "r: norm mode=rms\n"
      "s: activation mode=silu\n"
      "q: move mode=transpose to=2x4x16x8\n"
      "att: attention <- q, q, q\n"
      "back: move mode=transpose to=2x16x32\n"
      "shuffled: move mode=channel_shuffle to=2x16x32\n"
      "top: reduce mode=topk to=2x16x5\n",
      "net");
  const Network again = read_back(network);
  EXPECT_EQ(described(again), described(network));
  EXPECT_EQ(total_work(again).unsupported, 0);
}

TEST(WriteOnnx, UnknownOperationsStayUnknown) {
  const Network network = parse_layer_list(
      "x: input batch=2 in=16\n"
      "u: unsupported op=Magic\n"
      "v: unsupported op=Sparkle <- x -> 2x8\n"
      "w: softmax\n",
      "net");
  const Network again = read_back(network);
  EXPECT_THAT(described(again), ElementsAre("u: unsupported op=neuralpower::Magic params 0",
                                            "v: unsupported op=neuralpower::Sparkle params 0",
                                            "w: softmax batch=2 in=8 params 0"));
  EXPECT_EQ(described(read_back(again)), described(again));
}

TEST(WriteOnnx, CaffeNetworksComeBack) {
  const Network network = parse_caffe(R"(
    input: "data" input_shape { dim: 4 dim: 3 dim: 31 dim: 31 }
    layer { name: "c" type: "Convolution" bottom: "data" top: "c"
            convolution_param { num_output: 8 kernel_size: 3 bias_term: false } }
    layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" }
    layer { name: "sc" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
    layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { kernel_size: 3 stride: 2 } }
    layer { name: "s" type: "Slice" bottom: "p" top: "s0" top: "s1" }
    layer { name: "e" type: "Eltwise" bottom: "s0" bottom: "s1" top: "e" }
    layer { name: "ip" type: "InnerProduct" bottom: "e" top: "ip"
            inner_product_param { num_output: 10 } }
    layer { name: "sm" type: "Softmax" bottom: "ip" top: "sm" })",
                                      "net");
  expect_comes_back(network);
}

TEST(WriteOnnx, NamesAreUniqueAndFitToPrint) {
  Network network = parse_layer_list("softmax in=4\nsoftmax\nsoftmax\n", "net");
  network.name = "a\nb\xff";
  for (Layer& layer : network.layers) layer.name = "\x1b[31m \xff";
  for (Tensor& tensor : network.tensors) tensor.name = "";
  const Network again = read_back(network);
  ASSERT_EQ(again.layers.size(), 3u);
  EXPECT_EQ(again.layers[0].name, "\\x1b[31m\\x20\\xff");
  EXPECT_EQ(again.layers[2].name, "\\x1b[31m\\x20\\xff_3");
}

TEST(WriteOnnx, RefusesWhatItCannotWrite) {
  const Network fused =
      parse_layer_list("x: input in=3x8x8\nc: conv out=4 kernel=1 post=relu\n", "net");
  try {
    to_onnx_bytes(fused);
    FAIL() << "a fused layer was written";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("c: a fused layer"));
  }
  try {
    write_onnx("/nonexistent/folder/x.onnx", parse_layer_list("softmax in=4", "net"));
    FAIL() << "a file was written into a folder that does not exist";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
  }
}

TEST(WriteOnnx, FilesStaySmall) {
  const Network network = example("examples/networks/vgg16.layers");
  EXPECT_LT(to_onnx_bytes(network).size(), 20'000u);
}

}  // namespace
}  // namespace neuralpower
