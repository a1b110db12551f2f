// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/compositions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/importers/onnx/einsum.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

std::vector<std::string> layers_of(const Model& model, std::int64_t* params = nullptr) {
  const Network network = import_onnx_bytes(model.bytes(), "test", {});
  std::vector<std::string> texts;
  for (const Layer& layer : network.layers) {
    texts.push_back(format_layer(layer.config));
    if (params) *params += layer.params;
  }
  return texts;
}

TEST(Compositions, AttentionIsItsProductAndItsCore) {
  Model model;
  model.input("x", {2, 10, 16}).weight("w", {16, 48}).weight("b", {48}).output("y");
  model.add("Attention", {"x", "w", "b"}, {"y"}, {Attribute::integer("num_heads", 4)}, "it",
            "com.microsoft");
  std::int64_t params = 0;
  const auto layers = layers_of(model, &params);
  EXPECT_THAT(layers, Contains("fc batch=20 in=16 out=48"));
  EXPECT_THAT(layers, Contains("attention batch=2 heads=4 queries=10 keys=10 width=4"));
  EXPECT_EQ(params, 16 * 48 + 48);
}

TEST(Compositions, MultiHeadAttentionOfThreeInputs) {
  Model model;
  model.input("q", {2, 10, 16}).input("k", {2, 7, 16}).input("v", {2, 7, 16}).output("y");
  model.add("MultiHeadAttention", {"q", "k", "v"}, {"y"}, {Attribute::integer("num_heads", 2)},
            "it", "com.microsoft");
  EXPECT_THAT(layers_of(model), ElementsAre("attention batch=2 heads=2 queries=10 keys=7 width=8"));
}

TEST(Compositions, EmbeddingsAreThreeTablesAndANorm) {
  Model model;
  model.input("ids", {2, 10}, 7).input("segments", {2, 10}, 7);
  model.weight("words", {100, 16}).weight("places", {32, 16}).weight("kinds", {2, 16});
  model.weight("scale", {16}).weight("shift", {16}).output("y").output("lengths");
  model.add("EmbedLayerNormalization",
            {"ids", "segments", "words", "places", "kinds", "scale", "shift"}, {"y", "lengths"}, {},
            "it", "com.microsoft");
  std::int64_t params = 0;
  EXPECT_THAT(layers_of(model, &params), Contains("norm mode=layer batch=2 in=10x16"));
  EXPECT_EQ(params, 16 * (100 + 32 + 2 + 1 + 1));
}

TEST(Compositions, WhatTheyDoNotHaveIsSaid) {
  Model model;
  model.input("x", {2, 10, 16}).weight("w", {16, 48}).weight("b", {48}).output("y");
  model.add("Attention", {"x", "w", "b"}, {"y", "present"}, {Attribute::integer("num_heads", 4)},
            "it", "com.microsoft");
  EXPECT_THAT(layers_of(model), ElementsAre("unsupported op=com.microsoft::Attention"));
}

TEST(Compositions, ProductsOfTheOptimiser) {
  Model model;
  model.input("x", {2, 10, 16}).weight("w", {48, 16}).output("y");
  model.add("FusedMatMul", {"x", "w"}, {"y"}, {Attribute::integer("transB", 1)}, "it",
            "com.microsoft");
  EXPECT_THAT(layers_of(model), ElementsAre("fc batch=20 in=16 out=48"));

  Model quantised;
  quantised.input("x", {20, 16}).weight("w", {16, 48}, 3).weight("s", {1}).output("y");
  quantised.add("DynamicQuantizeMatMul", {"x", "w", "s"}, {"y"}, {}, "it", "com.microsoft");
  EXPECT_THAT(layers_of(quantised), ElementsAre("fc batch=20 in=16 out=48 dtype=i8"));
}

TEST(Compositions, EinsumOfManyIsProductsOfTwo) {
  Model model;
  model.input("x", {2, 16}).input("y", {2, 5}).weight("w", {7, 16, 5});
  model.add("Einsum", {"x", "w", "y"}, {"z"}, {Attribute::text("equation", "bi,oij,bj->bo")}, "e");
  const Network network = import_onnx_bytes(model.output("z").bytes(), "test", {});
  ASSERT_EQ(network.layers.size(), 2u);
  EXPECT_EQ(format_layer(network.layers[0].config), "fc batch=2 in=16 out=35");
  EXPECT_EQ(network.layers[0].params, 7 * 16 * 5);
  EXPECT_EQ(format_layer(network.layers[1].config), "matmul batch=2 m=7 k=5 n=1");
  EXPECT_EQ(network.tensors.back().shape, (Shape{2, 7}));
}

TEST(Compositions, EinsumWithoutAnArrowHasWhatOccursOnce) {
  EXPECT_EQ(explicit_equation("ij,jk"), "ij,jk->ik");
  EXPECT_EQ(explicit_equation("...ij,kj"), "...ij,kj->...ik");
  EXPECT_EQ(explicit_equation("ii"), "ii->");
  EXPECT_EQ(explicit_equation("ba->ab"), "ba->ab");
}

}  // namespace
}  // namespace neuralpower::onnx::test
