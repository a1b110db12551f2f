// SPDX-License-Identifier: Apache-2.0
// Operators that make one element of many.
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation reduction(const NodeView& node, ReduceMode mode, Shape out) {
  const Reduction op{mode, at_least_1d(out)};  // before `out` is moved from
  return one_output(op, {at_least_1d(node.shape(0))}, node.dtype(0), std::move(out));
}

template <ReduceMode mode>
Translation reduce(const NodeView& node) {
  const Shape& in = node.shape(0);
  const NodeView::Integers axes = node.integers("axes", 1);
  if (!axes.known) return unsupported("the axes depend on data");
  const bool keep = node.attributes.integer("keepdims", 1) != 0;
  const bool everything = axes.values.empty();
  if (everything && node.attributes.integer("noop_with_empty_axes", 0) != 0)
    return view_as(node, in);
  std::vector<bool> reduced(in.rank(), everything);
  for (const std::int64_t axis : axes.values) reduced[node.axis(axis, in.rank())] = true;
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < in.rank(); ++i) {
    if (!reduced[i]) out.push_back(in[i]);
    if (reduced[i] && keep) out.push_back(1);
  }
  return reduction(node, mode, Shape(std::move(out)));
}

template <ReduceMode mode>
Translation arg_reduce(const NodeView& node) {
  Shape in = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), in.rank());
  std::vector<std::int64_t> out = in.sizes();
  if (node.attributes.integer("keepdims", 1) != 0)
    out[axis] = 1;
  else
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(axis));
  Translation result = reduction(node, mode, Shape(std::move(out)));
  result.outputs[0].dtype = DataType::kI64;
  return result;
}

Translation translate_top_k(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", -1), in.rank());
  std::int64_t count = node.attributes.integer("k", -1);
  if (count < 0) {
    const NodeView::Integers given = node.integers("", 1);
    if (!given.known) return unsupported("how many are taken depends on data");
    if (given.values.size() != 1) throw bad_input("TopK needs one number");
    count = given.values[0];
  }
  if (count < 0 || count > in[axis])
    throw bad_input("TopK of " + std::to_string(count) + " among " + std::to_string(in[axis]));
  Shape out = in;
  out[axis] = count;
  Translation result = reduction(node, ReduceMode::kTopK, out);
  result.outputs.push_back({out, DataType::kI64});
  return result;
}

Translation translate_cum_sum(const NodeView& node) {
  return reduction(node, ReduceMode::kCumSum, node.shape(0));
}

constexpr auto first = first_slots(1);

constexpr Operator kRows[] = {
    {"ReduceMean", reduce<ReduceMode::kMean>, first},
    {"ReduceSum", reduce<ReduceMode::kSum>, first},
    {"ReduceSumSquare", reduce<ReduceMode::kSum>, first},
    {"ReduceLogSum", reduce<ReduceMode::kSum>, first},
    {"ReduceLogSumExp", reduce<ReduceMode::kSum>, first},
    {"ReduceMax", reduce<ReduceMode::kMax>, first},
    {"ReduceMin", reduce<ReduceMode::kMin>, first},
    {"ReduceProd", reduce<ReduceMode::kProd>, first},
    {"ReduceL1", reduce<ReduceMode::kL1>, first},
    {"ReduceL2", reduce<ReduceMode::kL2>, first},
    {"ArgMax", arg_reduce<ReduceMode::kArgMax>, first},
    {"ArgMin", arg_reduce<ReduceMode::kArgMin>, first},
    {"TopK", translate_top_k, first},
    {"CumSum", translate_cum_sum, first},
};

}  // namespace

std::span<const Operator> reduction_operators() { return kRows; }

}  // namespace neuralpower::onnx
