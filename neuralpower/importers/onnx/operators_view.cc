// SPDX-License-Identifier: Apache-2.0
// Operators that give the same bytes another shape: they cost nothing.
#include <algorithm>
#include <optional>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/batch_change.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation translate_identity(const NodeView& node) { return view_as(node, node.shape(0)); }

// The target with 0 (keep) and -1 (infer) replaced; nothing if the element counts do not fit.
std::optional<Shape> resolve_target(const NodeView& node, const Shape& in,
                                    const std::vector<std::int64_t>& target) {
  const bool zero_is_zero = node.attributes.integer("allowzero", 0) != 0;
  std::vector<std::int64_t> out = target;
  std::optional<std::size_t> inferred;
  std::int64_t product = 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && !zero_is_zero) {
      if (i >= in.rank()) throw bad_input("the target keeps an axis that the input does not have");
      out[i] = in[i];
    }
    if (out[i] < -1) throw bad_input("the target has a size of " + std::to_string(out[i]));
    if (out[i] == -1) {
      if (inferred) throw bad_input("the target leaves two sizes open");
      inferred = i;
    } else {
      product = checked_mul(product, out[i]);
    }
  }
  const std::int64_t count = in.element_count();
  if (inferred) {
    if (product == 0) {
      if (count != 0) return std::nullopt;
      out[*inferred] = 0;
    } else {
      if (count % product != 0) return std::nullopt;
      out[*inferred] = count / product;
    }
    product = checked_mul(product, out[*inferred]);
  }
  if (product != count) return std::nullopt;
  return Shape(std::move(out));
}

Translation translate_reshape(const NodeView& node) {
  const Shape& in = node.shape(0);
  const NodeView::Integers target = node.integers("shape", 1);
  if (!target.given) throw bad_input("Reshape without a target shape");
  if (!target.known) return unsupported("the target shape depends on data");
  if (target.values.size() > kMaxRank) throw bad_input("the target has too many dimensions");
  // A target that stayed the same while the batch changed has the old batch baked in.
  if (node.base_output && node.base_inputs.size() > 0 && node.base_inputs[0] &&
      node.base_inputs[0]->shape != in) {
    const TensorState* base_target = node.base_inputs.size() > 1 ? node.base_inputs[1] : nullptr;
    const bool unchanged =
        !base_target || (base_target->content && !base_target->content->is_real &&
                         base_target->content->integers == target.values);
    if (unchanged) {
      const auto out = rescaled_reshape(node.base_inputs[0]->shape, in, node.base_output->shape,
                                        target.values, node.batch ? node.batch->from : 1);
      if (out) return view_as(node, *out);
    }
  }
  const auto out = resolve_target(node, in, target.values);
  if (!out)
    throw bad_input("an input of " + in.to_string() + " cannot take the shape " +
                    Shape(target.values).to_string());
  return view_as(node, *out);
}

Translation translate_flatten(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::int64_t given = node.attributes.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(in.rank());
  const std::int64_t axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) throw bad_input("Flatten at an axis that the input does not have");
  std::int64_t rows = 1;
  for (std::size_t i = 0; i < static_cast<std::size_t>(axis); ++i) rows = checked_mul(rows, in[i]);
  return view_as(node, {rows, in.element_count_from(static_cast<std::size_t>(axis))});
}

Translation translate_squeeze(const NodeView& node) {
  const Shape& in = node.shape(0);
  const NodeView::Integers axes = node.integers("axes", 1);
  if (!axes.known) return unsupported("the axes depend on data");
  std::vector<bool> drop(in.rank(), false);
  if (axes.given) {
    for (const std::int64_t one : axes.values) {
      const std::size_t axis = node.axis(one, in.rank());
      if (in[axis] != 1)
        throw bad_input("Squeeze of axis " + std::to_string(axis) + " of " + in.to_string() +
                        ", which is not of size 1");
      drop[axis] = true;
    }
  } else {
    for (std::size_t i = 0; i < in.rank(); ++i) drop[i] = in[i] == 1;
  }
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < in.rank(); ++i)
    if (!drop[i]) out.push_back(in[i]);
  return view_as(node, Shape(std::move(out)));
}

Translation translate_unsqueeze(const NodeView& node) {
  const Shape& in = node.shape(0);
  const NodeView::Integers axes = node.integers("axes", 1);
  if (!axes.given) throw bad_input("Unsqueeze without axes");
  if (!axes.known) return unsupported("the axes depend on data");
  const std::size_t rank = in.rank() + axes.values.size();
  if (rank > kMaxRank) throw bad_input("Unsqueeze to too many dimensions");
  std::vector<bool> added(rank, false);
  for (const std::int64_t one : axes.values) {
    const std::size_t axis = node.axis(one, rank);
    if (added[axis]) throw bad_input("Unsqueeze adds axis " + std::to_string(axis) + " twice");
    added[axis] = true;
  }
  std::vector<std::int64_t> out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) out.push_back(added[i] ? 1 : in[next++]);
  return view_as(node, Shape(std::move(out)));
}

constexpr auto first = first_slots(1);

constexpr Operator kRows[] = {
    {"Identity", translate_identity},
    {"Reshape", translate_reshape, first},
    {"Flatten", translate_flatten},
    {"Squeeze", translate_squeeze, first},
    {"Unsqueeze", translate_unsqueeze, first},
    {"Optional", translate_identity},
    {"OptionalGetElement", translate_identity},
};

}  // namespace

std::span<const Operator> view_operators() { return kRows; }

}  // namespace neuralpower::onnx
