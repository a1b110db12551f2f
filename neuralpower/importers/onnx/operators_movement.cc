// SPDX-License-Identifier: Apache-2.0
// Operators that copy elements into another order, size or type, and the look-up in a table.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/importers/onnx/slicing.h"

namespace neuralpower::onnx {
namespace {

Translation translate_transpose(const NodeView& node) {
  const Shape& in = node.shape(0);
  const auto order = transpose_order(node, in.rank());
  std::vector<std::int64_t> out;
  for (const std::size_t axis : order) out.push_back(in[axis]);
  // Where only axes of size 1 change places, the bytes stay as they are.
  std::vector<std::size_t> moved;
  for (const std::size_t axis : order)
    if (in[axis] != 1) moved.push_back(axis);
  if (std::is_sorted(moved.begin(), moved.end())) return view_as(node, Shape(std::move(out)));
  return movement(node, MoveMode::kTranspose, Shape(std::move(out)));
}

Translation translate_slice(const NodeView& node) {
  const auto slices = read_slices(node);
  if (!slices) return unsupported("the slice's bounds depend on data");
  Shape out = node.shape(0);
  for (const AxisSlice& slice : *slices) out[slice.axis] = slice.count;
  if (out == node.shape(0)) return view_as(node, out);
  return movement(node, MoveMode::kSlice, out);
}

Translation translate_split(const NodeView& node) {
  const Shape& in = node.shape(0);
  const auto parts = read_split(node);
  if (!parts) return unsupported("the parts' sizes depend on data");
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), in.rank());
  Translation result = movement(node, MoveMode::kSplit, in);  // all parts together
  result.outputs.clear();
  for (const std::int64_t part : *parts) {
    Shape out = in;
    out[axis] = part;
    result.outputs.push_back({out, node.dtype(0)});
  }
  return result;
}

Translation translate_concat(const NodeView& node) {
  if (node.inputs.empty()) throw bad_input("Concat without inputs");
  Shape out = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 1), out.rank());
  std::vector<Shape> parts;
  parts.reserve(node.inputs.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(node.shape(i));
  // A constant with the file's batch size baked in follows the new one.
  if (node.batch)
    for (std::size_t k = 0; k < out.rank(); ++k) {
      if (k == axis) continue;
      const auto has = [&](std::int64_t size) {
        return std::any_of(parts.begin(), parts.end(), [&](const Shape& part) {
          return part.rank() == out.rank() && part[k] == size;
        });
      };
      if (!has(node.batch->to)) continue;
      for (Shape& part : parts)
        if (part.rank() == out.rank() && part[k] == node.batch->from) part[k] = node.batch->to;
      out[k] = node.batch->to;
    }
  std::int64_t sum = 0;
  for (const Shape& part : parts) {
    bool fits = part.rank() == out.rank();
    for (std::size_t k = 0; fits && k < out.rank(); ++k) fits = k == axis || part[k] == out[k];
    if (!fits)
      throw bad_input("Concat of " + parts[0].to_string() + " and " + part.to_string() +
                      " along axis " + std::to_string(axis) + " does not fit");
    sum = checked_add(sum, part[axis]);
  }
  out[axis] = sum;
  if (parts.size() == 1) return view_as(node, out);
  // A config's parts share their batch: parts joined along the first axis get one in front.
  std::int64_t described_axis = static_cast<std::int64_t>(axis);
  if (axis == 0) {
    described_axis = 1;
    for (Shape& part : parts) {
      std::vector<std::int64_t> sizes = {1};
      sizes.insert(sizes.end(), part.begin(), part.end());
      part = Shape(std::move(sizes));
    }
  }
  return one_output(Concat{described_axis}, std::move(parts), node.dtype(0), out);
}

Translation translate_pad(const NodeView& node) {
  const Shape& in = node.shape(0);
  NodeView::Integers pads = node.integers("pads", 1);
  if (!pads.given) pads = node.integers("paddings", 1);
  if (!pads.given) throw bad_input("Pad without pads");
  if (!pads.known) return unsupported("the padding depends on data");
  std::vector<std::size_t> axes;
  const NodeView::Integers given = node.integers("", 3);
  if (!given.known) return unsupported("the padded axes depend on data");
  if (given.given) {
    for (const std::int64_t axis : given.values) axes.push_back(node.axis(axis, in.rank()));
  } else {
    for (std::size_t i = 0; i < in.rank(); ++i) axes.push_back(i);
  }
  if (pads.values.size() != 2 * axes.size())
    throw bad_input("Pad of " + std::to_string(axes.size()) + " axes needs " +
                    std::to_string(2 * axes.size()) + " numbers");
  Shape out = in;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& size = out[axes[i]];
    size = checked_add(checked_add(size, pads.values[i]), pads.values[i + axes.size()]);
    if (size < 0) throw bad_input("Pad takes away more than the input has");
  }
  if (std::all_of(pads.values.begin(), pads.values.end(), [](auto pad) { return pad == 0; }))
    return view_as(node, out);
  return movement(node, MoveMode::kPad, out);
}

Translation translate_gather(const NodeView& node) {
  const Shape &table = node.shape(0), &indices = node.shape(1);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), table.rank());
  std::vector<std::int64_t> out(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(axis));
  out.insert(out.end(), indices.begin(), indices.end());
  out.insert(out.end(), table.begin() + static_cast<std::ptrdiff_t>(axis) + 1, table.end());
  if (out.size() > kMaxRank) throw bad_input("the result has too many dimensions");
  const Shape shape(std::move(out));
  if (node.constant(0) && !node.constant(1) && axis == 0 && table.element_count() > 0)
    return one_output(Embedding{table[0], table.element_count_from(1)}, {at_least_1d(indices)},
                      node.dtype(0), shape);
  return movement(node, MoveMode::kGather, shape);
}

Translation translate_gather_elements(const NodeView& node) {
  if (node.shape(0).rank() != node.shape(1).rank())
    throw bad_input("indices and data have different numbers of dimensions");
  return movement(node, MoveMode::kGather, node.shape(1));
}

Translation translate_gather_nd(const NodeView& node) {
  const Shape &data = node.shape(0), &indices = node.shape(1);
  const std::int64_t batched = node.attributes.integer("batch_dims", 0);
  if (indices.empty() || batched < 0 || indices.back() < 0 ||
      indices.back() > static_cast<std::int64_t>(kMaxRank) ||
      batched > static_cast<std::int64_t>(kMaxRank) ||
      batched + indices.back() > static_cast<std::int64_t>(data.rank()))
    throw bad_input("the indices " + indices.to_string() + " do not fit " + data.to_string());
  std::vector<std::int64_t> out(indices.begin(), indices.end() - 1);
  out.insert(out.end(), data.begin() + batched + indices.back(), data.end());
  if (out.size() > kMaxRank) throw bad_input("the result has too many dimensions");
  return movement(node, MoveMode::kGather, Shape(std::move(out)));
}

Translation translate_scatter(const NodeView& node) {
  return movement(node, MoveMode::kScatter, node.shape(0));
}

Translation translate_expand(const NodeView& node) {
  const NodeView::Integers target = node.integers("shape", 1);
  if (!target.given) throw bad_input("Expand without a shape");
  if (!target.known) return unsupported("the target shape depends on data");
  if (target.values.size() > kMaxRank) throw bad_input("the target has too many dimensions");
  for (const std::int64_t size : target.values)
    if (size < 0) throw bad_input("Expand to a size of " + std::to_string(size));
  const Shape out = broadcast_shapes(node, {node.shape(0), Shape(target.values)});
  if (out.element_count() == node.shape(0).element_count()) return view_as(node, out);
  return movement(node, MoveMode::kExpand, out);
}

Translation translate_tile(const NodeView& node) {
  const NodeView::Integers repeats = node.integers("", 1);
  if (!repeats.given) throw bad_input("Tile without repeats");
  if (!repeats.known) return unsupported("the repeats depend on data");
  Shape out = node.shape(0);
  if (repeats.values.size() != out.rank())
    throw bad_input("Tile needs one number for each of " + std::to_string(out.rank()) + " axes");
  for (std::size_t i = 0; i < out.rank(); ++i) {
    if (repeats.values[i] < 0) throw bad_input("Tile with a negative number of repeats");
    out[i] = checked_mul(out[i], repeats.values[i]);
  }
  if (out == node.shape(0)) return view_as(node, out);
  return movement(node, MoveMode::kTile, out);
}

Translation cast_to(const NodeView& node, DataType type) {
  if (type == node.dtype(0)) return view_as(node, node.shape(0));
  Translation result = movement(node, MoveMode::kCast, node.shape(0));
  result.outputs[0].dtype = type;
  return result;
}

Translation translate_cast(const NodeView& node) {
  const auto type = data_type_of(static_cast<int>(node.attributes.integer("to", 0)));
  if (!type) return unsupported("a cast to strings or complex numbers");
  return cast_to(node, *type);
}

Translation translate_cast_like(const NodeView& node) { return cast_to(node, node.dtype(1)); }

std::int64_t block_size(const NodeView& node) {
  const std::int64_t block = node.attributes.integer("blocksize", 0);
  if (block < 1 || node.shape(0).rank() != 4)
    throw bad_input("needs an input of 4 dimensions and a blocksize of at least 1");
  return block;
}

Translation translate_depth_to_space(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::int64_t block = block_size(node), area = checked_mul(block, block);
  if (in[1] % area != 0) throw bad_input("the block's area does not divide the channels");
  return movement(node, MoveMode::kDepthToSpace,
                  {in[0], in[1] / area, checked_mul(in[2], block), checked_mul(in[3], block)});
}

Translation translate_space_to_depth(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::int64_t block = block_size(node), area = checked_mul(block, block);
  if (in[2] % block != 0 || in[3] % block != 0)
    throw bad_input("the block does not divide the input's height and width");
  return movement(node, MoveMode::kSpaceToDepth,
                  {in[0], checked_mul(in[1], area), in[2] / block, in[3] / block});
}

Translation same_shape_copy(const NodeView& node) {
  return movement(node, MoveMode::kOther, node.shape(0));
}

constexpr auto first = first_slots(1);

constexpr Operator kRows[] = {
    {"Transpose", translate_transpose},
    {"Slice", translate_slice, first},
    {"Split", translate_split, first},
    {"Concat", translate_concat},
    {"Pad", translate_pad, first},
    {"Gather", translate_gather, first},
    {"GatherElements", translate_gather_elements, first},
    {"GatherND", translate_gather_nd, first},
    {"Scatter", translate_scatter},
    {"ScatterElements", translate_scatter},
    {"ScatterND", translate_scatter},
    {"Expand", translate_expand, first},
    {"Tile", translate_tile, first},
    {"Cast", translate_cast},
    {"CastLike", translate_cast_like, first},
    {"DepthToSpace", translate_depth_to_space},
    {"SpaceToDepth", translate_space_to_depth},
    {"ReverseSequence", same_shape_copy, first},
    {"Trilu", same_shape_copy, first},
};

}  // namespace

std::span<const Operator> movement_operators() { return kRows; }

}  // namespace neuralpower::onnx
