// SPDX-License-Identifier: Apache-2.0
// Each group of operators: the layer's text, the output's shape, the parameters.
#include "neuralpower/importers/onnx/operators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/batch_change.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the only layer of a network comes to: "text -> output's shape (parameters)".
std::string only_layer(const Model& model) {
  const Network network = import_onnx_bytes(model.bytes(), "test", {});
  if (network.layers.size() != 1) return std::to_string(network.layers.size()) + " layers";
  const Layer& layer = network.layers[0];
  const Tensor& out = network.tensors[static_cast<std::size_t>(layer.outputs[0])];
  std::string text = format_layer(layer.config) + " -> " + out.shape.to_string();
  if (const auto* op = std::get_if<UnsupportedOp>(&layer.config.op)) text += " " + op->reason;
  return text + " (" + std::to_string(layer.params) + ")";
}

// A node that reads x (and weights w, integers i as they are given) and writes y.
struct Case {
  std::string op;
  Sizes x;
  std::vector<std::string> attributes = {};
  std::vector<Sizes> weights = {};
  std::vector<Sizes> integers = {};
  std::int64_t opset = 13;
};

Model model_of(const Case& one) {
  Model model;
  Names inputs = {"x"};
  model.opset(one.opset).input("x", one.x);
  for (std::size_t i = 0; i < one.weights.size(); ++i) {
    inputs.push_back("w" + std::to_string(i));
    model.weight(inputs.back(), one.weights[i]);
  }
  for (std::size_t i = 0; i < one.integers.size(); ++i) {
    inputs.push_back("i" + std::to_string(i));
    model.integers(inputs.back(), one.integers[i]);
  }
  return model.add(one.op, inputs, {"y"}, one.attributes, "it").output("y");
}

TEST(Operators, BecomeTheLayersTheyAre) {
  const auto ints = [](const char* name, const Sizes& v) { return Attribute::integers(name, v); };
  const auto number = [](const char* name, int v) { return Attribute::integer(name, v); };
  const std::vector<std::pair<Case, std::string>> kCases = {
      {{"ConvTranspose",
        {1, 8, 5, 5},
        {ints("strides", {2, 2}), ints("pads", {1, 1, 1, 1}), ints("output_padding", {1, 1})},
        {{8, 4, 3, 3}, {4}}},
       "deconv batch=1 in=8x5x5 out=4 kernel=3x3 stride=2x2 pad=1x1 output_pad=1x1 -> 1x4x10x10 "
       "(292)"},
      {{"MaxPool",
        {1, 8, 5, 5},
        {ints("kernel_shape", {2, 2}), ints("strides", {2, 2}), number("ceil_mode", 1)}},
       "pool mode=max batch=1 in=8x5x5 kernel=2x2 stride=2x2 pad=0x0 ceil=1 -> 1x8x3x3 (0)"},
      {{"AveragePool", {1, 1, 8, 5, 6}, {ints("kernel_shape", {3, 1, 1})}},
       "pool mode=avg batch=1 in=1x8x30 kernel=3x1 stride=1x1 pad=0x0 -> 1x1x6x5x6 (0)"},
      {{"MaxPool", {1, 8, 4, 5, 6}, {ints("kernel_shape", {2, 2, 2})}},
       "pool3d mode=max batch=1 in=8x4x5x6 kernel=2x2x2 stride=1x1x1 pad=0x0x0 -> 1x8x3x4x5 (0)"},
      {{"ConvTranspose", {1, 8, 3, 4, 5}, {ints("strides", {2, 2, 2})}, {{8, 4, 2, 2, 2}, {4}}},
       "deconv3d batch=1 in=8x3x4x5 out=4 kernel=2x2x2 stride=2x2x2 pad=0x0x0 -> 1x4x6x8x10 "
       "(260)"},
      {{"ConvTranspose",
        {1, 8, 3, 4, 5},
        {ints("strides", {1, 2, 2}), ints("output_shape", {3, 8, 11})},
        {{8, 4, 1, 2, 2}}},
       "deconv batch=3 in=8x4x5 out=4 kernel=2x2 stride=2x2 pad=0x0 output_pad=0x1 -> "
       "1x4x3x8x11 (128)"},
      {{"GlobalAveragePool", {2, 8, 5, 5}},
       "pool mode=adaptive_avg batch=2 in=8x5x5 out=1x1 -> "
       "2x8x1x1 (0)"},
      {{"GlobalMaxPool", {2, 8, 5}},
       "pool mode=adaptive_max batch=2 in=8x5x1 out=1x1 -> 2x8x1 (0)"},
      {{"MatMul", {2, 7, 16}, {}, {{16, 4}}}, "fc batch=14 in=16 out=4 -> 2x7x4 (64)"},
      {{"MatMul", {16}, {}, {{16, 4}}}, "fc batch=1 in=16 out=4 -> 4 (64)"},
      {{"Gemm", {2, 16}, {number("transB", 1)}, {{4, 16}, {4}}},
       "fc batch=2 in=16 out=4 -> 2x4 (68)"},
      {{"LRN", {1, 8, 5, 5}, {number("size", 5)}},
       "norm mode=lrn batch=1 in=8x5x5 size=5 -> "
       "1x8x5x5 (0)"},
      {{"InstanceNormalization", {1, 8, 5, 5}, {}, {{8}, {8}}},
       "norm mode=instance batch=1 in=8x5x5 -> 1x8x5x5 (16)"},
      {{"LayerNormalization", {2, 7, 4, 4}, {number("axis", 2)}, {{4, 4}, {4, 4}}, {}, 17},
       "norm mode=layer batch=2 in=7x16 -> 2x7x4x4 (32)"},
      {{"GroupNormalization", {1, 8, 5, 5}, {number("num_groups", 4)}, {{8}, {8}}, {}, 21},
       "norm mode=group batch=1 in=8x5x5 size=4 -> 1x8x5x5 (16)"},
      {{"Softmax", {2, 3, 4}, {}, {}, {}, 11}, "softmax batch=2 in=12 -> 2x3x4 (0)"},
      {{"Softmax", {2, 3, 4}}, "softmax batch=2 in=3x4 -> 2x3x4 (0)"},
      {{"Softmax", {2, 3, 4}, {number("axis", 1)}}, "softmax batch=2 in=3x4 axis=1 -> 2x3x4 (0)"},
      {{"PRelu", {1, 8, 5, 5}, {}, {{8, 1, 1}}},
       "activation mode=prelu batch=1 in=8x5x5 -> "
       "1x8x5x5 (8)"},
      {{"Gelu", {1, 8}, {}, {}, {}, 20}, "activation mode=gelu batch=1 in=8 -> 1x8 (0)"},
      {{"Add", {1, 8, 4}, {}, {{4}}}, "add batch=1 in=8x4 inputs=2 broadcast=1 -> 1x8x4 (4)"},
      {{"Reshape", {2, 3, 4}, {}, {}, {{0, -1}}}, "view batch=2 in=3x4 to=2x12 -> 2x12 (0)"},
      {{"Squeeze", {2, 1, 4}, {ints("axes", {1})}, {}, {}, 11},
       "view batch=2 in=1x4 to=2x4 -> 2x4 (0)"},
      {{"Unsqueeze", {2, 4}, {}, {}, {{0, 3}}}, "view batch=2 in=4 to=1x2x4x1 -> 1x2x4x1 (0)"},
      {{"Transpose", {2, 3, 4}, {ints("perm", {0, 2, 1})}},
       "move mode=transpose batch=2 in=3x4 to=2x4x3 -> 2x4x3 (0)"},
      {{"Transpose", {2, 1, 4}, {ints("perm", {1, 0, 2})}},
       "view batch=2 in=1x4 to=1x2x4 -> 1x2x4 (0)"},
      {{"Slice", {2, 8}, {}, {}, {{-1}, {-9223372036854775807}, {1}, {-3}}},
       "move mode=slice batch=2 in=8 to=2x3 -> 2x3 (0)"},
      {{"Split", {2, 8}, {number("axis", 1)}, {}, {{8}}},
       "move mode=split batch=2 in=8 to=2x8 -> 2x8 (0)"},
      {{"Pad", {1, 3, 4, 4}, {ints("pads", {0, 0, 1, 2, 0, 0, 1, -1})}, {}, {}, 10},
       "move mode=pad batch=1 in=3x4x4 to=1x3x6x5 -> 1x3x6x5 (0)"},
      {{"Pad", {1, 3}, {}, {}, {{0, 0, 0, 0}}}, "view batch=1 in=3 to=1x3 -> 1x3 (0)"},
      {{"Gather", {2, 8, 4}, {number("axis", 1)}, {}, {{0, 3, -1}}},
       "move mode=gather batch=2 in=8x4 to=2x3x4 -> 2x3x4 (0)"},
      {{"Expand", {2, 1, 4}, {}, {}, {{3, 1}}},
       "move mode=expand batch=2 in=1x4 to=2x3x4 -> 2x3x4 (0)"},
      {{"Tile", {2, 4}, {}, {}, {{1, 3}}}, "move mode=tile batch=2 in=4 to=2x12 -> 2x12 (0)"},
      {{"DepthToSpace", {1, 8, 2, 2}, {number("blocksize", 2)}},
       "move mode=depth_to_space batch=1 in=8x2x2 to=1x2x4x4 -> 1x2x4x4 (0)"},
      {{"Upsample", {1, 3, 4, 4}, {}, {}, {}, 9},
       "unsupported op=Upsample -> scalar the scales depend "
       "on data (0)"},
      {{"ReduceMean", {2, 8, 4, 4}, {ints("axes", {2, 3}), number("keepdims", 0)}},
       "reduce mode=mean batch=2 in=8x4x4 to=2x8 -> 2x8 (0)"},
      {{"ReduceSum", {2, 8, 4}, {}, {}, {{-1}}},
       "reduce mode=sum batch=2 in=8x4 to=2x8x1 -> 2x8x1 (0)"},
      {{"ArgMax", {2, 8}, {number("axis", 1)}},
       "reduce mode=argmax batch=2 in=8 to=2x1 -> 2x1 (0)"},
      {{"TopK", {2, 8}, {}, {}, {{3}}}, "reduce mode=topk batch=2 in=8 to=2x3 -> 2x3 (0)"},
      {{"LSTM", {5, 2, 7}, {number("hidden_size", 3)}, {{1, 12, 7}, {1, 12, 3}, {1, 24}}},
       "recurrent mode=lstm batch=2 in=5x7 hidden=3 -> 5x1x2x3 (144)"},
      {{"GRU",
        {2, 5, 7},
        {Attribute::text("direction", "bidirectional"), number("layout", 1)},
        {{2, 9, 7}, {2, 9, 3}},
        {},
        14},
       "recurrent mode=gru batch=2 in=5x7 hidden=3 directions=2 -> 2x5x2x3 (180)"},
      {{"Einsum", {2, 3, 4, 5}, {Attribute::text("equation", "bhqd,dk->bhqk")}, {{5, 6}}},
       "fc batch=24 in=5 out=6 -> 2x3x4x6 (30)"},
      {{"Einsum", {2, 4, 5}, {Attribute::text("equation", "...i -> ...")}},
       "reduce mode=sum batch=2 in=4x5 to=2x4 -> 2x4 (0)"},
      {{"Dropout", {1, 8}}, "dropout batch=1 in=8 -> 1x8 (0)"},
      {{"NonZero", {1, 8}},
       "unsupported op=NonZero -> scalar how many elements it finds depends on "
       "data (0)"},
  };
  for (const auto& [one, expected] : kCases)
    EXPECT_EQ(only_layer(model_of(one)), expected) << one.op;
}

TEST(Operators, LookUpsInATableAreEmbeddings) {
  Model model;
  model.input("ids", {2, 7}, 7).weight("table", {100, 16});
  model.add("Gather", {"table", "ids"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(model), "embedding batch=2 in=7 rows=100 width=16 -> 2x7x16 (1600)");
}

TEST(Operators, ResizeBySizesOrScales) {
  Model scales;
  scales.input("x", {1, 3, 7, 7}).initializer(reals_tensor("s", {4}, {1, 1, 2, 2.3F}));
  scales.add("Resize", {"x", "", "s"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(scales), "move mode=resize batch=1 in=3x7x7 to=1x3x14x16 -> 1x3x14x16 (0)");
  Model sizes;
  sizes.input("x", {1, 3, 7, 7}).integers("s", {1, 3, 9, 5});
  sizes.add("Resize", {"x", "", "", "s"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(sizes), "move mode=resize batch=1 in=3x7x7 to=1x3x9x5 -> 1x3x9x5 (0)");
}

TEST(Operators, QuantisedLayersHaveIntegerTypesAndWeights) {
  Model conv;
  conv.input("x", {1, 3, 8, 8}, 2).weight("w", {4, 3, 3, 3}, 3).weight("b", {4}, 6);
  conv.weight("s", {}).initializer(stripped_tensor("z", {}, 2));
  conv.add("QLinearConv", {"x", "s", "z", "w", "s", "z", "s", "z", "b"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(conv),
            "conv batch=1 in=3x8x8 out=4 kernel=3x3 stride=1x1 pad=0x0 dtype=u8 -> 1x4x6x6 (112)");
  Model product;
  product.input("x", {2, 16}, 3).weight("w", {16, 4}, 3);
  product.add("MatMulInteger", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(product), "fc batch=2 in=16 out=4 dtype=i8 -> 2x4 (64)");
  Model weights;  // a quantised weight behind DequantizeLinear counts where it is used
  weights.input("x", {2, 16}).weight("w", {16, 4}, 3).weight("s", {});
  weights.add("DequantizeLinear", {"w", "s"}, {"d"}).add("MatMul", {"x", "d"}, {"y"}).output("y");
  EXPECT_EQ(only_layer(weights), "fc batch=2 in=16 out=4 -> 2x4 (64)");
}

TEST(Operators, ConstantsInBetweenDoNotHideParameters) {
  Model model;
  model.input("x", {1, 196, 768}).weight("token", {1, 1, 768}).integers("target", {1, 1, 768});
  model.add("Expand", {"token", "target"}, {"t"});
  model.add("Concat", {"t", "x"}, {"y"}, {Attribute::integer("axis", 1)}).output("y");
  EXPECT_EQ(only_layer(model), "concat batch=1 in=1x768+196x768 -> 1x197x768 (768)");
  ImportOptions options;
  options.batch = 8;
  const Network network = import_onnx_bytes(model.bytes(), "test", options);
  EXPECT_EQ(format_layer(network.layers[0].config), "concat batch=8 in=1x768+196x768");
}

TEST(Operators, FilesWithoutParametersHaveThemAsInputs) {
  Model model;
  model.input("x", {1, 3, 8, 8}).input("w", {4, 3, 3, 3}).input("b", {4});
  model.add("Conv", {"x", "w", "b"}, {"y"}).output("y");
  ImportOptions options;
  options.batch = 2;
  const Network network = import_onnx_bytes(model.bytes(), "test", options);
  EXPECT_EQ(network.inputs.size(), 1u);
  EXPECT_EQ(network.layers[0].params, 112);
}

TEST(Operators, WrongNodesAreErrors) {
  for (const Case& one : std::vector<Case>{
           {"MatMul", {2, 7, 16}, {}, {{15, 4}}},
           {"Gemm", {2, 16}, {}, {{16, 4}, {5}}},
           {"Reshape", {2, 3}, {}, {}, {{4, 2}}},
           {"Reshape", {2, 3}, {}, {}, {{-1, -1}}},
           {"Reshape", {2, 3}, {}, {}, {{-2, 3}}},
           {"Squeeze", {2, 3}, {}, {}, {{0}}},
           {"Transpose", {2, 3}, {Attribute::integers("perm", {0, 0})}},
           {"Slice", {2, 8}, {}, {}, {{0}, {4}, {1}, {0}}},
           {"Split", {2, 8}, {}, {}, {{3, 4}}},
           {"Concat", {2, 8}, {Attribute::integer("axis", 0)}, {{2, 9}}},
           {"Expand", {2, 8}, {}, {}, {{3, 8}}},
           {"Tile", {2, 8}, {}, {}, {{1}}},
           {"Tile", {2, 8}, {}, {}, {{1LL << 40, 1LL << 40}}},
           {"Gather", {2, 8}, {Attribute::integer("axis", 5)}, {}, {{0}}},
           {"TopK", {2, 8}, {}, {}, {{9}}},
           {"LSTM", {5, 2, 7}, {}, {{1, 12, 8}, {1, 12, 3}}},
           {"BatchNormalization", {1, 8}, {}, {{8}, {8}, {8}, {7}}},
           {"GroupNormalization", {1, 8, 2}, {Attribute::integer("num_groups", 3)}, {{8}, {8}}},
           {"Einsum", {2, 3}, {Attribute::text("equation", "ab,bc->ac")}, {{4, 5}}},
           {"MaxPool", {1, 8, 5, 5}},
           {"Add", {2, 3}, {}, {{2, 4}}},
       }) {
    try {
      import_onnx_bytes(model_of(one).bytes(), "test", {});
      ADD_FAILURE() << one.op;
    } catch (const Error& error) {
      EXPECT_EQ(error.node(), "it") << error.what();
    }
  }
}

TEST(BatchChange, ScalesTheAxisThatHoldsTheBatch) {
  const auto scaled = [](Shape from, Shape to, Shape out, std::vector<std::int64_t> target) {
    return rescaled_reshape(from, to, out, target, 1)->to_string();
  };
  EXPECT_EQ(scaled({1, 9, 4}, {8, 9, 4}, {1, 36}, {1, -1}), "8x36");
  EXPECT_EQ(scaled({64, 49, 96}, {512, 49, 96}, {1, 8, 8, 7, 7, 96}, {1, 8, 8, 7, 7, 96}),
            "8x8x8x7x7x96");
  EXPECT_EQ(scaled({64, 49, 96}, {512, 49, 96}, {64, 49, 3, 32}, {64, 49, 3, 32}), "512x49x3x32");
  EXPECT_EQ(scaled({7, 1, 16}, {7, 8, 16}, {7, 16}, {-1, 16}), "56x16");
  EXPECT_EQ(scaled({7, 1, 16}, {7, 8, 16}, {7, 4, 4}, {7, 4, 4}), "7x32x4");
  EXPECT_FALSE(rescaled_reshape({1, 1}, {8, 8}, {1}, {1}, 1));
}

TEST(Operators, AttentionWithACacheReadsAllKeys) {
  Model model;
  model.opset(23).input("q", {2, 5, 32}).input("k", {2, 5, 16}).input("v", {2, 5, 16});
  model.input("past_k", {2, 2, 7, 8}).input("past_v", {2, 2, 7, 8});
  for (const char* name : {"y", "all_k", "all_v", "scores"}) model.output(name);
  model.add("Attention", {"q", "k", "v", "", "past_k", "past_v"}, {"y", "all_k", "all_v", "scores"},
            {Attribute::integer("q_num_heads", 4), Attribute::integer("kv_num_heads", 2)});
  EXPECT_EQ(only_layer(model), "attention batch=2 heads=4 queries=5 keys=12 width=8 -> 2x5x32 (0)");
  const Network network = import_onnx_bytes(model.bytes(), "test", {});
  std::vector<std::string> handed_on;
  for (const TensorId id : network.outputs)
    handed_on.push_back(network.tensors[static_cast<std::size_t>(id)].shape.to_string());
  EXPECT_THAT(handed_on, ElementsAre("2x5x32", "2x2x12x8", "2x2x12x8", "2x4x5x12"));
  EXPECT_EQ(count_work(network.layers[0].config).macs, 2 * 2 * 4 * 5 * 12 * 8);
}

TEST(Operators, AttentionWhosePastDoesNotFitIsRefused) {
  Model model;
  model.opset(23).input("q", {2, 4, 5, 8}).input("past", {2, 3, 7, 8}).output("y");
  model.add("Attention", {"q", "q", "q", "", "past", "past"}, {"y"});
  EXPECT_THAT([&] { import_onnx_bytes(model.bytes(), "test", {}); },
              ::testing::Throws<Error>(::testing::Property(&Error::message, HasSubstr("past"))));
}

TEST(Operators, RmsNormOverSeveralAxesHasOneScale) {
  Model model;
  model.opset(23).input("x", {2, 6, 4, 8}).weight("w", {4, 8}).output("y");
  model.add("RMSNormalization", {"x", "w"}, {"y"}, {Attribute::integer("axis", 2)});
  EXPECT_EQ(only_layer(model), "norm mode=rms batch=2 in=6x32 -> 2x6x4x8 (32)");
}

}  // namespace
}  // namespace neuralpower::onnx::test
