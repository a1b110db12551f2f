// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/write_layers.h"

#include <gtest/gtest.h>

#include <sstream>

#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

std::string written(const Network& network) {
  std::ostringstream out;
  write_layers(out, network);
  return out.str();
}

// Layers, edges and the shapes of all tensors as text.
std::string described(const Network& network) {
  std::ostringstream out;
  const auto tensors = [&](const std::vector<TensorId>& ids) {
    for (TensorId id : ids) {
      const Tensor& tensor = network.tensors[static_cast<std::size_t>(id)];
      out << " " << tensor.name << "=" << (tensor.shape_known ? tensor.shape.to_string() : "?");
    }
  };
  tensors(network.inputs);
  for (const Layer& layer : network.layers) {
    out << "\n" << layer.name << ": " << format_layer(layer.config) << " params " << layer.params;
    tensors(layer.inputs);
    out << " ->";
    tensors(layer.outputs);
  }
  out << "\n";
  tensors(network.outputs);
  return out.str();
}

TEST(WriteLayers, ExamplesComeBack) {
  for (const char* name : {"alexnet", "nin", "overfeat", "cifar10_6conv", "vgg16", "resnet50"}) {
    const std::string file =
        std::string(NEURALPOWER_SOURCE_DIR "/examples/networks/") + name + ".layers";
    const Network network = import_layer_list(file, {});
    const std::string text = written(network);
    EXPECT_EQ(described(parse_layer_list(text, name)), described(network));
    EXPECT_EQ(written(parse_layer_list(text, name)), text);
  }
}

TEST(WriteLayers, EveryKindComesBack) {
  const Network network = parse_layer_list(
      "ids: input shape=2x16 dtype=i64\n"
      "scale: constant shape=scalar\n"
      "mask: constant shape=16 dtype=bool\n"
      "e: embedding rows=100 width=32\n"
      "norm mode=rms\n"
      "mul <- norm1, e\n"
      "q: move mode=transpose to=2x4x16x8\n"
      "attention <- q, q, q\n"
      "t: move mode=transpose to=2x16x32\n"
      "recurrent mode=lstm hidden=32 directions=2\n"
      "fc batch=32 in=64 out=32 dtype=bf16 post=relu+add -> 2x16x32\n"
      "p: view to=2x16x32\n"
      "r: move mode=transpose to=2x32x16\n"
      "matmul <- p, r\n"
      "times: mul batch=2 in=16x16 inputs=2 broadcast=1 <- matmul1, scale\n"
      "and: and batch=16 inputs=2 <- mask, mask\n"
      "unsupported op=Magic <- times -> a 2x16, b ?\n"
      "unsupported op=More <- b\n"
      "s: move mode=split to=2x16x16 <- p -> left 2x16x8, right 2x16x8\n"
      "add <- left, right\n"
      "move mode=constant to=3x3 <- nothing\n"
      "deconv batch=1 in=1x3x3 out=2 kernel=2 stride=2 params=8\n"
      "pool mode=max kernel=3 stride=2 ceil=1\n"
      "norm mode=group size=2\n"
      "dropout keep=0.8\n"
      "reduce mode=mean to=1x2\n"
      "a\\x20\\xffb: softmax\n"
      "output <- a, add1, a\\x20\\xffb, and\n",
      "every kind");
  const std::string text = written(network);
  EXPECT_EQ(described(parse_layer_list(text, "every kind")), described(network)) << text;
  EXPECT_EQ(written(parse_layer_list(text, "every kind")), text);
}

TEST(WriteLayers, OddNamesStayApart) {
  Network network = parse_layer_list("a: softmax in=4\nb: softmax\nc: softmax <- a\n", "net");
  network.name = "two\nlines";
  for (Layer& layer : network.layers) layer.name = "same name";
  network.tensors[0].name = "nothing";
  const Network again = parse_layer_list(written(network), "net");
  EXPECT_EQ(again.layers.size(), 3u);
  EXPECT_EQ(again.layers[1].name, "same name_2");
  EXPECT_EQ(again.layers[2].inputs, again.layers[0].outputs);
}

// Layers as ONNX files have them, which read a constant first or more than they combine.
TEST(WriteLayers, WhatDoesNotFollowFromTheInputsComesBack) {
  const std::string text =
      "# odd\n"
      "x: input shape=2x4x6x6\n"
      "gathered: move mode=gather batch=10 to=3x6 <- x -> 3x6\n"
      "scale: move mode=quantize batch=1 to=1 dtype=i8 <- x -> 1\n"
      "one: add batch=1 inputs=2 <- x, x, x -> 1\n"
      "c: constant shape=7\n"
      "output <- one, c\n";
  const Network network = parse_layer_list(text, "odd");
  EXPECT_EQ(format_layer(network.layers[0].config), "move mode=gather batch=10 to=3x6");
  EXPECT_EQ(written(network), text);
}

}  // namespace
}  // namespace neuralpower
