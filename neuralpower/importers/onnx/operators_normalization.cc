// SPDX-License-Identifier: Apache-2.0
// Normalisations, softmax and dropout. A batch norm's running mean and variance are statistics, not
// learned parameters; its scale and bias are.
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

void expect_channels(const NodeView& node, std::size_t slot, std::int64_t channels) {
  if (node.has(slot) && node.shape(slot).element_count() != channels)
    throw bad_input("input " + std::to_string(slot) + " of shape " + node.shape(slot).to_string() +
                    " does not fit " + std::to_string(channels) + " channels");
}

Translation channel_norm(const NodeView& node, Normalization op) {
  const Shape& in = node.shape(0);
  if (in.rank() < 2) throw bad_input("the input " + in.to_string() + " has no channels");
  return one_output(op, {in}, node.dtype(0), in);
}

Translation translate_batch_norm(const NodeView& node) {
  Translation result = channel_norm(node, {NormMode::kBatch, 0});
  for (std::size_t slot = 1; slot < 5; ++slot) expect_channels(node, slot, node.shape(0)[1]);
  // The statistics that training writes.
  while (result.outputs.size() < node.output_count)
    result.outputs.push_back({Shape{node.shape(0)[1]}, node.dtype(0)});
  return result;
}

Translation translate_instance_norm(const NodeView& node) {
  Translation result = channel_norm(node, {NormMode::kInstance, 0});
  expect_channels(node, 1, node.shape(0)[1]);
  expect_channels(node, 2, node.shape(0)[1]);
  return result;
}

Translation translate_group_norm(const NodeView& node) {
  const std::int64_t groups = node.attributes.integer("num_groups", 0);
  if (node.domain == "com.microsoft") return unsupported("a group norm with channels last");
  if (groups < 1) throw bad_input("num_groups must be at least 1");
  return channel_norm(node, {NormMode::kGroup, groups});
}

Translation translate_lrn(const NodeView& node) {
  const std::int64_t size = node.attributes.integer("size", 0);
  if (size < 1) throw bad_input("LRN needs a size of at least 1");
  return channel_norm(node, {NormMode::kLocalResponse, size});
}

// Normalises over the axes from `axis` on; described with those axes in one, as only their product
// matters.
Translation over_last_axes(const NodeView& node, NormMode mode, std::int64_t first_axis) {
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(first_axis, in.rank());
  std::int64_t rows = 1;
  std::vector<std::int64_t> described(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(axis));
  std::vector<std::int64_t> statistics = described;
  for (const std::int64_t size : described) rows = checked_mul(rows, size);
  if (described.empty()) described.push_back(1);
  described.push_back(in.element_count_from(axis));
  Translation result =
      one_output(Normalization{mode, 0}, {Shape(std::move(described))}, node.dtype(0), in);
  statistics.resize(in.rank(), 1);
  result.outputs.push_back({Shape(statistics), DataType::kF32});  // mean
  result.outputs.push_back({Shape(statistics), DataType::kF32});  // inverse deviation
  return result;
}

Translation translate_layer_norm(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::int64_t axis = node.attributes.integer("axis", -1);
  if (node.has(1) &&
      node.shape(1).element_count() != in.element_count_from(node.axis(axis, in.rank())))
    throw bad_input("the scale " + node.shape(1).to_string() + " does not fit the input " +
                    in.to_string());
  return over_last_axes(node, NormMode::kLayer, axis);
}

Translation translate_rms_norm(const NodeView& node) {
  return over_last_axes(node, NormMode::kRms, node.attributes.integer("axis", -1));
}

// Layer norm or rms norm of a sum; the sum is the fourth output.
template <NormMode mode>
Translation translate_skip_norm(const NodeView& node) {
  Translation result = over_last_axes(node, mode, -1);
  result.outputs.push_back({node.shape(0), node.dtype(0)});
  return result;
}

Translation translate_mean_variance_norm(const NodeView& node) {
  return channel_norm(node, {NormMode::kInstance, 0});
}

Translation translate_lp_norm(const NodeView& node) {
  const Shape& in = node.shape(0);
  return one_output(Normalization{NormMode::kRms, 0},
                    {in.rank() < 2 ? Shape{1, in.element_count()} : in}, node.dtype(0), in);
}

// Before opset 13 softmax runs over everything from its axis on, as one row.
Translation translate_softmax(const NodeView& node) {
  const Shape& in = node.shape(0);
  const bool flattens = node.opset < 13 && node.domain.empty();
  const Shape shape = at_least_1d(in);
  const std::int64_t given = node.attributes.integer("axis", flattens ? 1 : -1);
  // Axis 1 of a vector, the old default, is just behind its end: one element a row.
  if (flattens && given == static_cast<std::int64_t>(shape.rank()))
    return one_output(Softmax{}, {Shape{shape.element_count(), 1}}, node.dtype(0), in);
  const std::size_t axis = node.axis(given, shape.rank());
  const bool last = axis + 1 == shape.rank();
  if (!flattens || last)
    return one_output(Softmax{last ? -1 : static_cast<std::int64_t>(axis)}, {shape}, node.dtype(0),
                      in);
  const std::int64_t row = shape.element_count_from(axis);
  return one_output(Softmax{}, {Shape{row == 0 ? 0 : shape.element_count() / row, row}},
                    node.dtype(0), in);
}

Translation translate_dropout(const NodeView& node) {
  double ratio = node.attributes.real("ratio", 0.5);
  if (const Content* given = node.content(1); given && given->size() == 1) ratio = given->real(0);
  if (!(ratio >= 0 && ratio <= 1)) throw bad_input("the dropout ratio is not between 0 and 1");
  const Shape& in = node.shape(0);
  Translation result = one_output(Dropout{1 - ratio}, {at_least_1d(in)}, node.dtype(0), in);
  result.outputs.push_back({in, DataType::kBool});  // the mask
  return result;
}

constexpr Operator kRows[] = {
    {"BatchNormalization", translate_batch_norm, first_slots(3)},
    {"InstanceNormalization", translate_instance_norm},
    {"GroupNormalization", translate_group_norm},
    {"GroupNorm", translate_group_norm},
    {"LRN", translate_lrn},
    {"LayerNormalization", translate_layer_norm},
    {"RMSNormalization", translate_rms_norm},
    {"SimplifiedLayerNormalization", translate_rms_norm},
    {"SkipLayerNormalization", translate_skip_norm<NormMode::kLayer>},
    {"SkipSimplifiedLayerNormalization", translate_skip_norm<NormMode::kRms>},
    {"MeanVarianceNormalization", translate_mean_variance_norm},
    {"LpNormalization", translate_lp_norm},
    {"Softmax", translate_softmax},
    {"LogSoftmax", translate_softmax},
    {"Hardmax", translate_softmax},
    {"Dropout", translate_dropout, first_slots(1)},
};

}  // namespace

std::span<const Operator> normalization_operators() { return kRows; }

}  // namespace neuralpower::onnx
