// SPDX-License-Identifier: Apache-2.0
// Quantised operators: the integer twins of the others, with integer weights as parameters and an
// integer data type in the layer. Scales and zero points are settings.
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/matrix_product.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/importers/onnx/window.h"

namespace neuralpower::onnx {
namespace {

DataType byte_type(const NodeView& node, std::size_t zero_point, DataType fallback) {
  return node.has(zero_point) ? node.dtype(zero_point) : fallback;
}

Translation translate_quantize(const NodeView& node) {
  Translation result = movement(node, MoveMode::kQuantize, node.shape(0));
  const auto named = data_type_of(static_cast<int>(node.attributes.integer("output_dtype", 0)));
  result.outputs[0].dtype = byte_type(node, 2, named.value_or(DataType::kU8));
  return result;
}

Translation translate_dequantize(const NodeView& node) {
  Translation result = movement(node, MoveMode::kDequantize, node.shape(0));
  result.outputs[0].dtype = node.dtype(1);
  return result;
}

// y, its scale and its zero point.
Translation translate_dynamic_quantize(const NodeView& node) {
  Translation result = movement(node, MoveMode::kQuantize, node.shape(0));
  result.outputs = {
      {node.shape(0), DataType::kU8}, {Shape{}, DataType::kF32}, {Shape{}, DataType::kU8}};
  return result;
}

Translation with_output(Translation result, DataType dtype) {
  for (OutputState& output : result.outputs) output.dtype = dtype;
  return result;
}

// Inputs x, w, x_zero_point, w_zero_point; sums of 32 bits.
Translation translate_conv_integer(const NodeView& node) {
  return with_output(convolution_of(node, node.shape(0), node.shape(1), node.dtype(0)),
                     DataType::kI32);
}

Translation translate_matmul_integer(const NodeView& node) {
  return with_output(matrix_product(node, node.shape(0), node.shape(1), node.constant(0),
                                    node.constant(1), node.dtype(0)),
                     DataType::kI32);
}

// com.microsoft: inputs a, b, a_scale, b_scale, ..., or a, b, b_scale, ... with `a` still real; the
// result is scaled back.
Translation translate_matmul_to_real(const NodeView& node) {
  Translation result = matrix_product(node, node.shape(0), node.shape(1), node.constant(0),
                                      node.constant(1), node.dtype(1));
  return with_output(std::move(result), DataType::kF32);
}

// Inputs x, x_scale, x_zero_point, y_scale, y_zero_point.
Translation translate_qlinear_softmax(const NodeView& node) {
  NodeView plain = node;
  plain.op = "Softmax";
  plain.domain = "";
  plain.opset = node.attributes.integer("opset", 13);
  return find_operator("", "Softmax")->translate(plain);
}

// Inputs x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias.
Translation translate_qlinear_conv(const NodeView& node) {
  if (node.attributes.integer("channels_last", 0) != 0)
    return unsupported("a convolution with channels last");
  return with_output(convolution_of(node, node.shape(0), node.shape(3), node.dtype(0)),
                     byte_type(node, 7, node.dtype(0)));
}

// Inputs a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point.
Translation translate_qlinear_matmul(const NodeView& node) {
  return with_output(matrix_product(node, node.shape(0), node.shape(3), node.constant(0),
                                    node.constant(3), node.dtype(0)),
                     byte_type(node, 7, node.dtype(0)));
}

// Inputs a, a_scale, a_zero_point, b, b_scale, b_zero_point, bias, y_scale, y_zero_point.
Translation translate_qgemm(const NodeView& node) {
  Shape a = node.shape(0), b = node.shape(3);
  if (a.rank() != 2 || b.rank() != 2) throw bad_input("QGemm needs two matrices");
  if (node.attributes.integer("transA", 0) != 0) std::swap(a[0], a[1]);
  if (node.attributes.integer("transB", 0) != 0) std::swap(b[0], b[1]);
  return with_output(matrix_product(node, a, b, node.constant(0), node.constant(3), node.dtype(0)),
                     byte_type(node, 8, DataType::kF32));
}

template <ElementwiseMode mode>
Translation qlinear_elementwise(const NodeView& node) {
  const Shape out = broadcast_shapes(node, {node.shape(0), node.shape(3)});
  Elementwise op{mode, 2, 0};
  for (const std::size_t slot : {std::size_t{0}, std::size_t{3}})
    op.broadcast += node.shape(slot).element_count() < out.element_count();
  return one_output(op, {at_least_1d(out)}, node.dtype(0), out);
}

template <ActivationMode mode>
Translation qlinear_activation(const NodeView& node) {
  return one_output(Activation{mode}, {at_least_1d(node.shape(0))}, node.dtype(0), node.shape(0));
}

// Inputs y_scale, y_zero_point and then each part with its scale and zero point.
Translation translate_qlinear_concat(const NodeView& node) {
  if (node.inputs.size() < 5 || node.inputs.size() % 3 != 2)
    throw bad_input("QLinearConcat needs three inputs for each part");
  NodeView parts = node;
  parts.op = "Concat";
  parts.domain = "";
  parts.inputs.clear();
  for (std::size_t i = 2; i < node.inputs.size(); i += 3) parts.inputs.push_back(node.inputs[i]);
  return find_operator("", "Concat")->translate(parts);
}

Translation translate_qlinear_global_pool(const NodeView& node) {
  if (node.attributes.integer("channels_last", 0) != 0)
    return unsupported("pooling with channels last");
  return find_operator("", "GlobalAveragePool")->translate(node);
}

Translation translate_qlinear_average_pool(const NodeView& node) {
  if (node.attributes.integer("channels_last", 0) != 0)
    return unsupported("pooling with channels last");
  return find_operator("", "AveragePool")->translate(node);
}

constexpr std::uint32_t slots(std::initializer_list<int> list) {
  std::uint32_t bits = 0;
  for (const int slot : list) bits |= 1u << slot;
  return bits;
}

constexpr Operator kRows[] = {
    {"QuantizeLinear", translate_quantize, first_slots(1)},
    {"DequantizeLinear", translate_dequantize, first_slots(1), true},
    {"DynamicQuantizeLinear", translate_dynamic_quantize, first_slots(1)},
    {"ConvInteger", translate_conv_integer, first_slots(2), true},
    {"MatMulInteger", translate_matmul_integer, first_slots(2), true},
    {"MatMulIntegerToFloat", translate_matmul_to_real, slots({0, 1, 6}), true},
    {"DynamicQuantizeMatMul", translate_matmul_to_real, slots({0, 1, 4}), true},
    {"QLinearSoftmax", translate_qlinear_softmax, first_slots(1)},
    {"QLinearConv", translate_qlinear_conv, slots({0, 3, 8}), true},
    {"QLinearMatMul", translate_qlinear_matmul, slots({0, 3}), true},
    {"QGemm", translate_qgemm, slots({0, 3, 6}), true},
    {"QLinearAdd", qlinear_elementwise<ElementwiseMode::kAdd>, slots({0, 3}), true},
    {"QLinearMul", qlinear_elementwise<ElementwiseMode::kMul>, slots({0, 3}), true},
    {"QLinearSigmoid", qlinear_activation<ActivationMode::kSigmoid>, first_slots(1)},
    {"QLinearLeakyRelu", qlinear_activation<ActivationMode::kLeakyRelu>, first_slots(1)},
    {"QLinearConcat", translate_qlinear_concat, 0},
    {"QLinearGlobalAveragePool", translate_qlinear_global_pool, first_slots(1)},
    {"QLinearAveragePool", translate_qlinear_average_pool, first_slots(1)},
};

}  // namespace

std::span<const Operator> quantized_operators() { return kRows; }

}  // namespace neuralpower::onnx
