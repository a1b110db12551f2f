// SPDX-License-Identifier: Apache-2.0
// Functions, branches and loops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_and_lines(const Model& model) {
  std::vector<std::string> result;
  for (const Layer& layer : import_onnx_bytes(model.bytes(), "test", {}).layers)
    result.push_back(layer.name + ": " + format_layer(layer.config));
  return result;
}

std::string error_of(const Model& model) {
  try {
    import_onnx_bytes(model.bytes(), "test", {});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Model branch(const std::string& op) {
  Model graph;
  graph.add(op, {"x"}, {op + "_out"}, {}, "inner").output(op + "_out");
  return graph;
}

Model choice(bool known) {
  Model model;
  model.input("x", {2, 3}).input("flag", {}, 9);
  if (known) model.add("Shape", {"x"}, {"s"}).add("Size", {"s"}, {"n"});
  if (known) model.integers("two", {2}).add("Equal", {"n", "two"}, {"is_two"});
  model.add("If", {known ? "is_two" : "flag"}, {"y"},
            {Attribute::graph("then_branch", branch("Relu").graph()),
             Attribute::graph("else_branch", branch("Tanh").graph())},
            "choose");
  return model.add("Sigmoid", {"y"}, {"z"}, {}, "end").output("z");
}

TEST(ControlFlow, TheBranchThatIsTakenTakesTheNodesPlace) {
  EXPECT_THAT(names_and_lines(choice(true)),
              ElementsAre("choose/inner: activation mode=relu batch=2 in=3",
                          "end: activation mode=sigmoid batch=2 in=3"));
}

TEST(ControlFlow, AnOpenBranchIsReported) {
  const Network network = import_onnx_bytes(choice(false).bytes(), "test", {});
  ASSERT_EQ(network.layers.size(), 2u);
  EXPECT_THAT(std::get<UnsupportedOp>(network.layers[0].config.op).reason,
              HasSubstr("depends on data"));
  EXPECT_THAT(std::get<UnsupportedOp>(network.layers[1].config.op).reason,
              HasSubstr("because of choose (If)"));
}

// y = relu applied three times; scan = its results one behind the other.
Model loop(std::int64_t times) {
  Model body;
  body.input("i", {}, 7).input("go", {}, 9).input("v", {2, 3});
  body.add("Identity", {"go"}, {"go_on"}).add("Relu", {"v"}, {"w"}, {}, "step");
  body.output("go_on").output("w").output("w");
  Model model;
  model.input("x", {2, 3}).initializer(integers_tensor("times", {}, {times}));
  model.add("Loop", {"times", "", "x"}, {"y", "scan"}, {Attribute::graph("body", body.graph())},
            "loop");
  return model.output("y").output("scan");
}

TEST(ControlFlow, ALoopOfKnownLengthIsUnrolled) {
  EXPECT_THAT(
      names_and_lines(loop(2)),
      ElementsAre("loop/0/step: activation mode=relu batch=2 in=3",
                  "loop/1/step: activation mode=relu batch=2 in=3", "loop: concat batch=1 in=6+6"));
  const Network network = import_onnx_bytes(loop(2).bytes(), "test", {});
  EXPECT_EQ(network.tensors[static_cast<std::size_t>(network.outputs[1])].shape, (Shape{2, 2, 3}));
  // Too long to write out: reported.
  EXPECT_EQ(total_work(import_onnx_bytes(loop(1'000'000'000).bytes(), "test", {})).unsupported, 1);
}

std::string function(const std::string& name, const Names& inputs, const Names& outputs,
                     const std::vector<std::string>& nodes) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  out.add_string(1, name);
  for (const std::string& input : inputs) out.add_string(4, input);
  for (const std::string& output : outputs) out.add_string(5, output);
  for (const std::string& one : nodes) out.add_message(7, one);
  out.add_string(10, "local");
  return bytes;
}

TEST(ControlFlow, FunctionsTakeTheirCallsPlace) {
  Model model;
  model.input("x", {1, 4, 8, 8}).weight("w", {4, 4, 3, 3});
  model.function(function("Block", {"a", "weights", "absent"}, {"b"},
                          {node("Conv", {"a", "weights", "absent"}, {"c"},
                                {Attribute::reference("pads", 7, "padding")}, "conv"),
                           node("Relu", {"c"}, {"b"}, {}, "relu")}));
  model.add("Block", {"x", "w"}, {"y"}, {Attribute::integers("padding", {1, 1, 1, 1})}, "first",
            "local");
  model.add("Block", {"y", "w"}, {"z"}, {}, "second", "local");
  EXPECT_THAT(names_and_lines(model.output("z")),
              ElementsAre("first/conv: conv batch=1 in=4x8x8 out=4 kernel=3x3 stride=1x1 pad=1x1",
                          "first/relu: activation mode=relu batch=1 in=4x8x8",
                          "second/conv: conv batch=1 in=4x8x8 out=4 kernel=3x3 stride=1x1 pad=0x0",
                          "second/relu: activation mode=relu batch=1 in=4x6x6"));
}

TEST(ControlFlow, FunctionsThatCallThemselvesOrMultiplyAreRefused) {
  Model endless;
  endless.input("x", {1});
  endless.function(function("F", {"a"}, {"b"}, {node("F", {"a"}, {"b"}, {}, "", "local")}));
  endless.add("F", {"x"}, {"y"}, {}, "", "local");
  EXPECT_THAT(error_of(endless), HasSubstr("nested more than"));

  Model bomb;
  bomb.input("x", {1});
  for (int i = 0; i < 20; ++i) {
    const std::string next = i == 0 ? "Relu" : "F" + std::to_string(i - 1);
    const std::string domain = i == 0 ? "" : "local";
    bomb.function(function(
        "F" + std::to_string(i), {"a"}, {"c"},
        {node(next, {"a"}, {"b"}, {}, "", domain), node(next, {"b"}, {"c"}, {}, "", domain)}));
  }
  bomb.add("F19", {"x"}, {"y"}, {}, "", "local");
  EXPECT_THAT(error_of(bomb), HasSubstr("unfold to more than"));
}

TEST(ControlFlow, DeepNestingIsRefused) {
  std::string inner = branch("Relu").graph();
  for (int i = 0; i < 200; ++i) {
    Model outer;
    outer.integers("one", {1});
    outer.add("If", {"one"}, {"y"}, {Attribute::graph("then_branch", inner)});
    inner = outer.output("y").graph();
  }
  Model model;
  model.input("x", {1}).integers("one", {1});
  model.add("If", {"one"}, {"y"}, {Attribute::graph("then_branch", inner)});
  EXPECT_THAT(error_of(model.output("y")), HasSubstr("nested more than"));
}

}  // namespace
}  // namespace neuralpower::onnx::test
