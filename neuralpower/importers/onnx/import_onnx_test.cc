// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/import_onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Network import(const Model& model, const ImportOptions& options = {}) {
  return import_onnx_bytes(model.bytes(), "test", options);
}

std::vector<std::string> lines(const Network& network) {
  std::vector<std::string> result;
  for (const Layer& layer : network.layers) result.push_back(format_layer(layer.config));
  return result;
}

std::string error_of(const Model& model, const ImportOptions& options = {}) {
  try {
    import(model, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Model one_conv(const std::vector<std::string>& attributes, const Sizes& weights = {8, 3, 3, 3},
               const Sizes& in = {2, 3, 16, 16}) {
  Model model;
  model.input("x", in).weight("w", weights).weight("b", {weights[0]});
  model.add("Conv", {"x", "w", "b"}, {"y"}, attributes, "conv1").output("y");
  return model;
}

ImportOptions with_batch(std::int64_t batch) {
  ImportOptions options;
  options.batch = batch;
  return options;
}

TEST(ImportOnnx, ReadsASmallNetwork) {
  Model model;
  model.input("x", {1, 3, 8, 8}).weight("w", {4, 3, 3, 3}).weight("b", {4});
  model.weight("scale", {4}).weight("shift", {4}).weight("mean", {4}).weight("variance", {4});
  model.weight("fcw", {10, 64}).weight("fcb", {10});
  model.add("Conv", {"x", "w", "b"}, {"c"}, {Attribute::integers("pads", {1, 1, 1, 1})});
  model.add("BatchNormalization", {"c", "scale", "shift", "mean", "variance"}, {"n"});
  model.add("Relu", {"n"}, {"r"}, {}, "relu");
  model.add("MaxPool", {"r"}, {"p"},
            {Attribute::integers("kernel_shape", {2, 2}), Attribute::integers("strides", {2, 2})});
  model.add("Flatten", {"p"}, {"f"});
  model.add("Gemm", {"f", "fcw", "fcb"}, {"y"}, {Attribute::integer("transB", 1)});
  const Network network = import(model.output("y"));
  EXPECT_THAT(
      lines(network),
      ElementsAre("conv batch=1 in=3x8x8 out=4 kernel=3x3 stride=1x1 pad=1x1",
                  "norm mode=batch batch=1 in=4x8x8", "activation mode=relu batch=1 in=4x8x8",
                  "pool mode=max batch=1 in=4x8x8 kernel=2x2 stride=2x2 pad=0x0",
                  "view batch=1 in=4x4x4 to=1x64", "fc batch=1 in=64 out=10"));
  EXPECT_EQ(network.layers[0].params, 4 * 27 + 4);
  EXPECT_EQ(network.layers[1].params, 8);  // without the running statistics
  EXPECT_EQ(network.layers[5].params, 650);
  EXPECT_EQ(network.layers[0].name, "Conv #0");
  EXPECT_EQ(network.layers[2].name, "relu");
  EXPECT_EQ(network.tensors[static_cast<std::size_t>(network.outputs[0])].shape, (Shape{1, 10}));
  EXPECT_EQ(total_work(network).unsupported, 0);
}

// ---- Windows ----------------------------------------------------------------------------------

TEST(ImportOnnx, ReadsEveryFormOfPadding) {
  EXPECT_THAT(lines(import(one_conv({Attribute::integers("pads", {0, 1, 2, 3})}))),
              ElementsAre("conv batch=2 in=3x16x16 out=8 kernel=3x3 stride=1x1 pad=0,1,2,3"));
  EXPECT_THAT(lines(import(one_conv({Attribute::text("auto_pad", "SAME_UPPER"),
                                     Attribute::integers("strides", {2, 2})}))),
              ElementsAre("conv batch=2 in=3x16x16 out=8 kernel=3x3 stride=2x2 pad=0,0,1,1"));
  EXPECT_THAT(lines(import(one_conv({Attribute::text("auto_pad", "SAME_LOWER"),
                                     Attribute::integers("strides", {2, 2})}))),
              ElementsAre("conv batch=2 in=3x16x16 out=8 kernel=3x3 stride=2x2 pad=1,1,0,0"));
  EXPECT_THAT(lines(import(one_conv({Attribute::text("auto_pad", "VALID"),
                                     Attribute::integers("dilations", {2, 2})}))),
              ElementsAre("conv batch=2 in=3x16x16 out=8 kernel=3x3 stride=1x1 pad=0x0 "
                          "dilation=2x2"));
}

TEST(ImportOnnx, OneDimensionalConvolutionIsAPlaneOfWidthOne) {
  const Network network =
      import(one_conv({Attribute::integers("pads", {1, 1}), Attribute::integers("strides", {2})},
                      {8, 3, 3}, {2, 3, 16}));
  EXPECT_THAT(lines(network),
              ElementsAre("conv batch=2 in=3x16x1 out=8 kernel=3x1 stride=2x1 pad=1x0"));
  EXPECT_EQ(network.tensors.back().shape, (Shape{2, 8, 8}));
}

TEST(ImportOnnx, WindowsThatSlideAlongThreeAxesAreVolumes) {
  const Network network = import(one_conv(
      {Attribute::integers("pads", {1, 0, 0, 1, 0, 1}), Attribute::integers("strides", {2, 1, 1})},
      {8, 3, 3, 3, 3}, {2, 3, 16, 16, 16}));
  EXPECT_THAT(lines(network),
              ElementsAre("conv3d batch=2 in=3x16x16x16 out=8 kernel=3x3x3 stride=2x1x1 "
                          "pad=1,0,0,1,0,1"));
  EXPECT_EQ(network.tensors.back().shape, (Shape{2, 8, 8, 14, 15}));
}

TEST(ImportOnnx, WindowsThatDoNotSlideAlongAnAxisArePlanes) {
  EXPECT_THAT(lines(import(one_conv({}, {8, 3, 1, 3, 3}, {2, 3, 16, 10, 12}))),
              ElementsAre("conv batch=32 in=3x10x12 out=8 kernel=3x3 stride=1x1 pad=0x0"));
  EXPECT_THAT(lines(import(one_conv({}, {8, 3, 3, 1, 1}, {2, 3, 16, 10, 12}))),
              ElementsAre("conv batch=2 in=3x16x120 out=8 kernel=3x1 stride=1x1 pad=0x0"));
}

TEST(ImportOnnx, BrokenConvolutionsNameTheNode) {
  for (const auto& [model, message] : std::vector<std::pair<Model, std::string>>{
           {one_conv({Attribute::integers("strides", {0, 0})}), "stride 0 must be at least 1"},
           {one_conv({Attribute::integers("strides", {1})}), "strides has 1 numbers"},
           {one_conv({Attribute::integers("pads", {-1, 0, 0, 0})}), "padding -1 is negative"},
           {one_conv({Attribute::integer("group", 2)}), "groups 2 does not divide"},
           {one_conv({Attribute::integer("group", 0)}), "group 0"},
           {one_conv({Attribute::integers("group", {1})}), "'group' is not an integer"},
           {one_conv({}, {8, 4, 3, 3}), "do not fit an input of 3 channels"},
           {one_conv({}, {8, 3, 17, 17}), "the kernel covers 17"},
           {one_conv({Attribute::integers("kernel_shape", {5, 5})}), "kernel_shape"},
           {one_conv({Attribute::text("auto_pad", "MAYBE")}), "auto_pad 'MAYBE'"},
           {one_conv({}, {1 << 20, 3, 3, 3}, {1 << 14, 3, 1 << 14, 1 << 14}), "2^63"},
       })
    EXPECT_THAT(error_of(model),
                ::testing::AllOf(::testing::StartsWith("conv1: "), HasSubstr(message)));
  EXPECT_THAT(error_of(one_conv({}, {8, 3, 3, 3}, {1 << 30, 3, 1 << 30, 1 << 30})),
              ::testing::StartsWith("input 'x': "));
}

TEST(ImportOnnx, ConstantNodesAreWeightsOnlyWhereNothingElseIs) {
  Model model;
  model.input("x", {4, 3})
      .add("Constant", {}, {"w"}, {Attribute::tensor("value", stripped_tensor("", {3, 5}))});
  model.add("MatMul", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(import(model).layers[0].params, 15);
  model.weight("b", {5}).add("Add", {"y", "b"}, {"z"});
  const Network network = import(model);
  EXPECT_EQ(network.layers[0].params, 0);
  EXPECT_EQ(network.layers[1].params, 5);
}

// ---- The arithmetic of shapes -----------------------------------------------------------------

// x.view(x.size(0), -1) as PyTorch writes it.
Model flatten_by_arithmetic() {
  Model model;
  model.input("x", {0, 4, 3, 3}, 1, {"batch"}).integers("minus", {-1});
  model.add("Shape", {"x"}, {"s"});
  model.add("Constant", {}, {"zero"}, {Attribute::tensor("value", integers_tensor("", {}, {0}))});
  model.add("Gather", {"s", "zero"}, {"n"}, {Attribute::integer("axis", 0)});
  model.add("Unsqueeze", {"n", "axes"}, {"n1"}).integers("axes", {0});
  model.add("Concat", {"n1", "minus"}, {"target"}, {Attribute::integer("axis", 0)});
  model.add("Reshape", {"x", "target"}, {"y"}).output("y");
  return model;
}

TEST(ImportOnnx, FoldsTheArithmeticOfShapes) {
  EXPECT_THAT(lines(import(flatten_by_arithmetic())), ElementsAre("view batch=1 in=4x3x3 to=1x36"));
  EXPECT_THAT(lines(import(flatten_by_arithmetic(), with_batch(8))),
              ElementsAre("view batch=8 in=4x3x3 to=8x36"));
}

TEST(ImportOnnx, ABakedInBatchFollowsTheNewOne) {
  for (const Sizes& target : {Sizes{1, -1}, Sizes{1, 36}, Sizes{-1, 36}, Sizes{0, -1}}) {
    Model model;
    model.input("x", {1, 4, 3, 3}).integers("target", target);
    model.add("Reshape", {"x", "target"}, {"y"}).output("y");
    EXPECT_THAT(lines(import(model, with_batch(8))), ElementsAre("view batch=8 in=4x3x3 to=8x36"));
  }
  // Heads join the batch: 197 x 1 x 768 to 197 x 12 x 64, and back to rows of features.
  Model model;
  model.input("x", {1, 197, 768}).integers("heads", {197, 12, 64}).integers("rows", {197, 768});
  model.add("Transpose", {"x"}, {"t"}, {Attribute::integers("perm", {1, 0, 2})});
  model.add("Reshape", {"t", "heads"}, {"h"}).add("Reshape", {"h", "rows"}, {"y"}).output("y");
  const Network network = import(model, with_batch(8));
  EXPECT_EQ(network.tensors[2].shape, (Shape{197, 96, 64}));
  EXPECT_EQ(network.tensors[3].shape, (Shape{1576, 768}));
}

TEST(ImportOnnx, AskForTheSizesThatAreOpen) {
  Model model;
  model.input("image", {0, 3, 0, 0}, 1, {"n", "", "height", "width"});
  model.add("Relu", {"image"}, {"y"}).output("y");
  EXPECT_THAT(error_of(model), HasSubstr("--shape image=1x3x?x?"));
  ImportOptions options;
  options.shapes["image"] = {2, 3, 32, 48};
  EXPECT_THAT(lines(import(model, options)),
              ElementsAre("activation mode=relu batch=2 in=3x32x48"));
  options.shapes["other"] = {1};
  EXPECT_THAT(error_of(model, options), HasSubstr("no input 'other'; it has image"));
}

// ---- Nothing is left out in silence -------------------------------------------------------------

TEST(ImportOnnx, UnknownOperationsAndWhatDependsOnThemSaySo) {
  Model model;
  model.input("x", {1, 4}).add("Frobnicate", {"x"}, {"a"}, {}, "odd", "acme");
  model.add("Relu", {"a"}, {"b"}).add("Tanh", {"x"}, {"c"}).add("Relu", {"b"}, {"d"});
  const Network network = import(model.output("b"));
  ASSERT_EQ(network.layers.size(), 4u);
  EXPECT_EQ(std::get<UnsupportedOp>(network.layers[0].config.op).name, "acme::Frobnicate");
  for (const std::size_t i : {1u, 3u})
    EXPECT_EQ(std::get<UnsupportedOp>(network.layers[i].config.op).reason,
              "input shape unknown because of odd (acme::Frobnicate)");
  EXPECT_EQ(total_work(network).unsupported, 3);
}

TEST(ImportOnnx, DeclaredShapesHelpBehindUnknownOperations) {
  Model model;
  model.input("x", {1, 4}).declare("a", {1, 6});
  model.add("Frobnicate", {"x"}, {"a"}).add("Relu", {"a"}, {"b"}).output("b");
  EXPECT_EQ(format_layer(import(model).layers[1].config), "activation mode=relu batch=1 in=6");
}

// ---- Broken files -------------------------------------------------------------------------------

TEST(ImportOnnx, TellsWhatIsWrongWithTheGraph) {
  Model cycle;
  cycle.input("x", {1}).add("Add", {"x", "b"}, {"a"}, {}, "first").add("Relu", {"a"}, {"b"});
  EXPECT_THAT(error_of(cycle), HasSubstr("a cycle"));
  Model undefined;
  undefined.input("x", {1}).add("Add", {"x", "ghost"}, {"a"}, {}, "sum");
  EXPECT_EQ(error_of(undefined), "sum: reads tensor 'ghost', which nothing defines");
  Model twice;
  twice.input("x", {1}).add("Relu", {"x"}, {"a"}).add("Relu", {"x"}, {"a"}, {}, "again");
  EXPECT_EQ(error_of(twice), "again: tensor 'a' is written twice");
  Model lost;
  lost.input("x", {1}).add("Relu", {"x"}, {"a"}).output("b");
  EXPECT_THAT(error_of(lost), HasSubstr("output 'b' is computed by no node"));
  Model old;
  old.opset(6).input("x", {1}).add("Relu", {"x"}, {"a"});
  EXPECT_THAT(error_of(old), HasSubstr("opset 6 is older than 7"));
}

TEST(ImportOnnx, NoPrefixOfAFileCrashes) {
  const std::string whole = flatten_by_arithmetic().bytes();
  int errors = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    try {
      import_onnx_bytes(std::string_view(whole).substr(0, size), "cut", {});
    } catch (const Error&) {
      ++errors;
    }
  }
  EXPECT_GT(errors, 0);
}

TEST(ImportOnnx, LongChainsInEitherOrder) {
  constexpr int kLength = 100'000;
  for (const bool reversed : {false, true}) {
    Model model;
    model.input("t0", {1, 8});
    for (int i = 0; i < kLength; ++i) {
      const int at = reversed ? kLength - 1 - i : i;
      model.add("Relu", {"t" + std::to_string(at)}, {"t" + std::to_string(at + 1)});
    }
    model.output("t" + std::to_string(kLength));
    EXPECT_EQ(import(model).layers.size(), static_cast<std::size_t>(kLength));
  }
  Model wide;
  Names names;
  for (int i = 0; i < 20'000; ++i) names.push_back("x" + std::to_string(i));
  for (const std::string& name : names) wide.input(name, {1, 2});
  wide.add("Concat", names, {"y"}, {Attribute::integer("axis", 1)}).output("y");
  EXPECT_EQ(import(wide).tensors.back().shape, (Shape{1, 40'000}));
}

}  // namespace
}  // namespace neuralpower::onnx::test
