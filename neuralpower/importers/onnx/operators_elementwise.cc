// SPDX-License-Identifier: Apache-2.0
// Functions of one element, and operators that combine tensors element by element.
#include <optional>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation activation_of(const NodeView& node, ActivationMode mode) {
  const Shape& shape = node.shape(0);
  return one_output(Activation{mode}, {at_least_1d(shape)}, node.dtype(0), shape);
}

template <ActivationMode mode>
Translation activation(const NodeView& node) {
  return activation_of(node, mode);
}

// Functions whose result is a truth value.
Translation test(const NodeView& node) {
  Translation result = activation_of(node, ActivationMode::kNot);
  result.outputs[0].dtype = DataType::kBool;
  return result;
}

Translation elementwise_of(const NodeView& node, ElementwiseMode mode) {
  if (node.inputs.empty()) throw bad_input("the operator has no input");
  std::vector<Shape> shapes;
  shapes.reserve(node.inputs.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) shapes.push_back(node.shape(i));
  const Shape out = broadcast_shapes(node, shapes);
  if (shapes.size() == 1) return view_as(node, out);
  Elementwise op{mode, static_cast<std::int64_t>(shapes.size()), 0};
  const std::int64_t elements = out.element_count();
  for (const Shape& shape : shapes) op.broadcast += shape.element_count() < elements;
  return one_output(op, {at_least_1d(out)}, node.dtype(0), out);
}

template <ElementwiseMode mode>
Translation elementwise(const NodeView& node) {
  return elementwise_of(node, mode);
}

template <ElementwiseMode mode>
Translation comparison(const NodeView& node) {
  Translation result = elementwise_of(node, mode);
  result.outputs[0].dtype = DataType::kBool;
  return result;
}

Translation translate_where(const NodeView& node) {
  if (node.inputs.size() != 3) throw bad_input("Where needs three inputs");
  Translation result = elementwise_of(node, ElementwiseMode::kWhere);
  result.dtype = node.dtype(1);
  result.outputs[0].dtype = node.dtype(1);
  return result;
}

// A power with a constant number as exponent is a function of one element.
Translation translate_pow(const NodeView& node) {
  if (node.constant(1) && node.shape(1).element_count() == 1 &&
      node.shape(1).rank() <= node.shape(0).rank())
    return activation_of(node, ActivationMode::kPow);
  return elementwise_of(node, ElementwiseMode::kPow);
}

// PRelu's slope may have fewer sizes than the input, never more.
Translation translate_prelu(const NodeView& node) {
  if (broadcast_shapes(node, {node.shape(0), node.shape(1)}) != node.shape(0))
    throw bad_input("the slope " + node.shape(1).to_string() + " does not fit the input " +
                    node.shape(0).to_string());
  return activation_of(node, ActivationMode::kPRelu);
}

constexpr auto first = first_slots(1);

constexpr Operator kRows[] = {
    {"Relu", activation<ActivationMode::kRelu>},
    {"ThresholdedRelu", activation<ActivationMode::kRelu>},
    {"Sigmoid", activation<ActivationMode::kSigmoid>},
    {"Tanh", activation<ActivationMode::kTanh>},
    {"LeakyRelu", activation<ActivationMode::kLeakyRelu>},
    {"PRelu", translate_prelu},
    {"Elu", activation<ActivationMode::kElu>},
    {"Selu", activation<ActivationMode::kSelu>},
    {"Celu", activation<ActivationMode::kCelu>},
    {"Gelu", activation<ActivationMode::kGelu>},
    {"FastGelu", activation<ActivationMode::kGelu>},
    {"BiasGelu", activation<ActivationMode::kGelu>},
    {"QuickGelu", activation<ActivationMode::kGelu>},
    {"Swish", activation<ActivationMode::kSilu>},
    {"Mish", activation<ActivationMode::kMish>},
    {"HardSwish", activation<ActivationMode::kHardSwish>},
    {"HardSigmoid", activation<ActivationMode::kHardSigmoid>},
    {"Softplus", activation<ActivationMode::kSoftplus>},
    {"Softsign", activation<ActivationMode::kSoftsign>},
    {"Clip", activation<ActivationMode::kClip>, first},
    {"Shrink", activation<ActivationMode::kClip>},
    {"Exp", activation<ActivationMode::kExp>},
    {"Log", activation<ActivationMode::kLog>},
    {"Sqrt", activation<ActivationMode::kSqrt>},
    {"Erf", activation<ActivationMode::kErf>},
    {"Abs", activation<ActivationMode::kAbs>},
    {"Neg", activation<ActivationMode::kNeg>},
    {"Reciprocal", activation<ActivationMode::kReciprocal>},
    {"Sin", activation<ActivationMode::kSin>},
    {"Cos", activation<ActivationMode::kCos>},
    // The other functions of an angle cost what sine and cosine do.
    {"Tan", activation<ActivationMode::kSin>},
    {"Asin", activation<ActivationMode::kSin>},
    {"Acos", activation<ActivationMode::kCos>},
    {"Atan", activation<ActivationMode::kSin>},
    {"Sinh", activation<ActivationMode::kSin>},
    {"Cosh", activation<ActivationMode::kCos>},
    {"Asinh", activation<ActivationMode::kSin>},
    {"Acosh", activation<ActivationMode::kCos>},
    {"Atanh", activation<ActivationMode::kSin>},
    {"Floor", activation<ActivationMode::kFloor>},
    {"Ceil", activation<ActivationMode::kCeil>},
    {"Round", activation<ActivationMode::kRound>},
    {"Sign", activation<ActivationMode::kSign>},
    {"Not", test},
    {"BitwiseNot", activation<ActivationMode::kNot>},
    {"IsNaN", test},
    {"IsInf", test},
    {"Add", elementwise<ElementwiseMode::kAdd>},
    {"Sum", elementwise<ElementwiseMode::kAdd>},
    {"Mean", elementwise<ElementwiseMode::kAdd>},
    {"Sub", elementwise<ElementwiseMode::kSub>},
    {"Mul", elementwise<ElementwiseMode::kMul>},
    {"Div", elementwise<ElementwiseMode::kDiv>},
    {"Pow", translate_pow, first},
    {"Mod", elementwise<ElementwiseMode::kMod>},
    {"Max", elementwise<ElementwiseMode::kMax>},
    {"Min", elementwise<ElementwiseMode::kMin>},
    {"And", comparison<ElementwiseMode::kAnd>},
    {"Or", comparison<ElementwiseMode::kOr>},
    {"Xor", comparison<ElementwiseMode::kXor>},
    {"BitwiseAnd", elementwise<ElementwiseMode::kAnd>},
    {"BitwiseOr", elementwise<ElementwiseMode::kOr>},
    {"BitwiseXor", elementwise<ElementwiseMode::kXor>},
    {"BitShift", elementwise<ElementwiseMode::kMul>},
    {"Equal", comparison<ElementwiseMode::kEqual>},
    {"Less", comparison<ElementwiseMode::kLess>},
    {"LessOrEqual", comparison<ElementwiseMode::kLess>},
    {"Greater", comparison<ElementwiseMode::kGreater>},
    {"GreaterOrEqual", comparison<ElementwiseMode::kGreater>},
    {"Where", translate_where},
};

}  // namespace

std::span<const Operator> elementwise_operators() { return kRows; }

}  // namespace neuralpower::onnx
