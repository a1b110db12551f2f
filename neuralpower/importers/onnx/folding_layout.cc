// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/folding_rules.h"
#include "neuralpower/importers/onnx/slicing.h"

namespace neuralpower::onnx {
namespace {

// The elements of `from` at these positions.
Content picked(const Content& from, const std::vector<std::size_t>& positions) {
  Content result;
  result.is_real = from.is_real;
  for (const std::size_t position : positions) {
    if (position >= from.size()) throw bad_input("an index lies outside its tensor");
    if (from.is_real)
      result.reals.push_back(from.reals[position]);
    else
      result.integers.push_back(from.integers[position]);
  }
  return result;
}

std::vector<std::size_t> strides_of(const Shape& shape) {
  std::vector<std::size_t> strides(shape.rank(), 1);
  for (std::size_t i = shape.rank(); i-- > 1;)
    strides[i - 1] = strides[i] * static_cast<std::size_t>(shape[i]);
  return strides;
}

// Calls `visit` with the position along each axis of every element of `shape`, in order.
template <typename Visit>
void for_each_position(const Shape& shape, Visit visit) {
  const auto count = static_cast<std::size_t>(shape.element_count());
  std::vector<std::size_t> position(shape.rank(), 0);
  for (std::size_t at = 0; at < count; ++at) {
    visit(position);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      if (++position[axis] < static_cast<std::size_t>(shape[axis])) break;
      position[axis] = 0;
    }
  }
}

std::vector<ContentPtr> same_elements(const NodeView& node, const Translation& translation) {
  const Content* content = node.content(0);
  if (!content ||
      static_cast<std::int64_t>(content->size()) != translation.outputs[0].shape.element_count())
    return {};
  return {node.inputs[0]->content};
}

std::vector<ContentPtr> fold_shape(const NodeView& node, const Translation& translation) {
  const auto rank = static_cast<std::int64_t>(node.shape(0).rank());
  const std::int64_t start = node.attributes.integer("start", 0);
  const std::int64_t first = std::clamp<std::int64_t>(start < 0 ? start + rank : start, 0, rank);
  const auto& sizes = node.shape(0).sizes();
  return integers_content(
      {sizes.begin() + first, sizes.begin() + first + translation.outputs[0].shape[0]});
}

std::vector<ContentPtr> fold_size(const NodeView& node, const Translation&) {
  return integers_content({node.shape(0).element_count()});
}

std::vector<ContentPtr> fold_constant_of_shape(const NodeView& node,
                                               const Translation& translation) {
  const auto count = static_cast<std::size_t>(translation.outputs[0].shape.element_count());
  Content result;
  result.is_real = is_real(translation.outputs[0].dtype);
  double real = 0;
  std::int64_t integer = 0;
  if (const auto value = node.attributes.tensor("value")) {
    const ContentPtr content = read_content(*value, std::nullopt);
    if (!content || content->size() != 1) return {};
    real = content->real(0);
    if (!content->is_real) integer = content->integers[0];
  }
  if (result.is_real)
    result.reals.assign(count, real);
  else
    result.integers.assign(count, integer);
  return one_content(std::move(result));
}

std::vector<ContentPtr> fold_gather(const NodeView& node, const Translation&) {
  const Content *data = node.content(0), *indices = node.content(1);
  if (!data || !indices || indices->is_real) return {};
  const Shape& table = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), table.rank());
  const auto inner = static_cast<std::size_t>(table.element_count_from(axis + 1));
  const auto size = static_cast<std::size_t>(table[axis]);
  const std::size_t outer = size * inner == 0 ? 0 : data->size() / (size * inner);
  std::vector<std::size_t> positions;
  for (std::size_t o = 0; o < outer; ++o)
    for (const std::int64_t given : indices->integers) {
      const std::int64_t index = given < 0 ? given + table[axis] : given;
      if (index < 0 || index >= table[axis])
        throw bad_input("index " + std::to_string(given) + " lies outside an axis of " +
                        std::to_string(table[axis]));
      for (std::size_t i = 0; i < inner; ++i)
        positions.push_back((o * size + static_cast<std::size_t>(index)) * inner + i);
    }
  return one_content(picked(*data, positions));
}

std::vector<ContentPtr> fold_slice(const NodeView& node, const Translation& translation) {
  const Content* data = node.content(0);
  const auto slices = read_slices(node);
  if (!data || !slices) return {};
  const Shape& in = node.shape(0);
  const auto strides = strides_of(in);
  std::vector<AxisSlice> along(in.rank());
  for (const AxisSlice& slice : *slices) along[slice.axis] = slice;
  std::vector<std::size_t> positions;
  for_each_position(translation.outputs[0].shape, [&](const std::vector<std::size_t>& position) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < in.rank(); ++i)
      at +=
          strides[i] * static_cast<std::size_t>(
                           along[i].start + along[i].step * static_cast<std::int64_t>(position[i]));
    positions.push_back(at);
  });
  return one_content(picked(*data, positions));
}

std::vector<ContentPtr> fold_transpose(const NodeView& node, const Translation& translation) {
  const Content* data = node.content(0);
  if (!data) return {};
  const auto strides = strides_of(node.shape(0));
  const auto order = transpose_order(node, node.shape(0).rank());
  std::vector<std::size_t> positions;
  for_each_position(translation.outputs[0].shape, [&](const std::vector<std::size_t>& position) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < order.size(); ++i) at += strides[order[i]] * position[i];
    positions.push_back(at);
  });
  return one_content(picked(*data, positions));
}

std::vector<ContentPtr> fold_concat(const NodeView& node, const Translation& translation) {
  const Shape& out = translation.outputs[0].shape;
  const std::size_t axis = node.axis(node.attributes.integer("axis", 1), out.rank());
  std::vector<const Content*> parts;
  std::vector<std::size_t> runs;  // how many elements in a row come from each part
  std::int64_t total = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    parts.push_back(node.content(i));
    if (!parts[i] || parts[i]->is_real != parts[0]->is_real) return {};
    runs.push_back(static_cast<std::size_t>(node.shape(i).element_count_from(axis)));
    total += static_cast<std::int64_t>(parts[i]->size());
  }
  if (total == 0) return one_content(*parts[0]);
  if (total != out.element_count()) return {};  // a baked-in batch size changed
  const std::size_t outer =
      static_cast<std::size_t>(total / std::max<std::int64_t>(out.element_count_from(axis), 1));
  Content result;
  result.is_real = parts[0]->is_real;
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t k = o * runs[i]; k < (o + 1) * runs[i]; ++k) {
        if (result.is_real)
          result.reals.push_back(parts[i]->reals[k]);
        else
          result.integers.push_back(parts[i]->integers[k]);
      }
  return one_content(std::move(result));
}

std::vector<ContentPtr> fold_split(const NodeView& node, const Translation& translation) {
  const Content* data = node.content(0);
  if (!data) return {};
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), in.rank());
  const auto strides = strides_of(in);
  std::vector<ContentPtr> results;
  std::size_t start = 0;
  for (const OutputState& output : translation.outputs) {
    std::vector<std::size_t> positions;
    for_each_position(output.shape, [&](const std::vector<std::size_t>& position) {
      std::size_t at = start * strides[axis];
      for (std::size_t i = 0; i < in.rank(); ++i) at += strides[i] * position[i];
      positions.push_back(at);
    });
    results.push_back(std::make_shared<const Content>(picked(*data, positions)));
    start += static_cast<std::size_t>(output.shape[axis]);
  }
  return results;
}

// Expand and Tile: each element of the result repeats one of the input.
std::vector<ContentPtr> fold_repeat(const NodeView& node, const Translation& translation) {
  const Content* data = node.content(0);
  if (!data) return {};
  const Shape &in = node.shape(0), &out = translation.outputs[0].shape;
  const auto strides = strides_of(in);
  const std::size_t added = out.rank() - in.rank();
  std::vector<std::size_t> positions;
  for_each_position(out, [&](const std::vector<std::size_t>& position) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < in.rank(); ++i)
      at += strides[i] * (position[added + i] % static_cast<std::size_t>(in[i]));
    positions.push_back(at);
  });
  return one_content(picked(*data, positions));
}

std::vector<ContentPtr> fold_non_zero(const NodeView& node, const Translation&) {
  const Content* data = node.content(0);
  if (!data) return {};
  const std::size_t rank = node.shape(0).rank();
  std::vector<std::vector<std::int64_t>> found(rank);
  std::size_t at = 0;
  for_each_position(node.shape(0), [&](const std::vector<std::size_t>& position) {
    if (data->real(at++) == 0) return;
    for (std::size_t i = 0; i < rank; ++i)
      found[i].push_back(static_cast<std::int64_t>(position[i]));
  });
  std::vector<std::int64_t> all;
  for (const auto& one : found) all.insert(all.end(), one.begin(), one.end());
  return integers_content(std::move(all));
}

// Updates of whole elements, as index assignments in the arithmetic of shapes are exported.
std::vector<ContentPtr> fold_scatter_nd(const NodeView& node, const Translation&) {
  const Content *data = node.content(0), *indices = node.content(1), *updates = node.content(2);
  if (!data || !indices || !updates || indices->is_real || data->is_real != updates->is_real)
    return {};
  const Shape& shape = node.shape(0);
  if (node.shape(1).empty()) return {};
  const auto width = static_cast<std::size_t>(node.shape(1).back());
  if (width != shape.rank() || width == 0 || updates->size() * width != indices->size()) return {};
  const auto strides = strides_of(shape);
  Content result = *data;
  for (std::size_t u = 0; u < updates->size(); ++u) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < width; ++i) {
      std::int64_t index = indices->integers[u * width + i];
      if (index < 0) index += shape[i];
      if (index < 0 || index >= shape[i]) throw bad_input("an index lies outside its tensor");
      at += strides[i] * static_cast<std::size_t>(index);
    }
    if (result.is_real)
      result.reals[at] = updates->reals[u];
    else
      result.integers[at] = updates->integers[u];
  }
  return one_content(std::move(result));
}

constexpr FoldRule kRules[] = {
    {"Shape", fold_shape},
    {"Size", fold_size},
    {"ConstantOfShape", fold_constant_of_shape},
    {"Identity", same_elements},
    {"Reshape", same_elements},
    {"Flatten", same_elements},
    {"Squeeze", same_elements},
    {"Unsqueeze", same_elements},
    {"Dropout", same_elements},
    {"Gather", fold_gather},
    {"Slice", fold_slice},
    {"Transpose", fold_transpose},
    {"Concat", fold_concat},
    {"Split", fold_split},
    {"Expand", fold_repeat},
    {"Tile", fold_repeat},
    {"NonZero", fold_non_zero},
    {"ScatterND", fold_scatter_nd},
};

}  // namespace

std::span<const FoldRule> layout_folds() { return kRules; }

}  // namespace neuralpower::onnx
