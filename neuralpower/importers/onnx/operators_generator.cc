// SPDX-License-Identifier: Apache-2.0
// Operators that make tensors from shapes, and resizing. What Shape, Size and Constant give is
// known at once (folding.h); they are layers only behind an unknown shape.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation generated(Shape shape, DataType dtype) {
  const Shape described = at_least_1d(shape);
  return one_output(DataMovement{MoveMode::kConstant, described}, {described}, dtype,
                    std::move(shape));
}

Translation translate_shape(const NodeView& node) {
  const auto rank = static_cast<std::int64_t>(node.shape(0).rank());
  const auto clamped = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = clamped(node.attributes.integer("start", 0));
  const std::int64_t end = clamped(node.attributes.integer("end", rank));
  return generated({std::max<std::int64_t>(end - start, 0)}, DataType::kI64);
}

Translation translate_size(const NodeView& node) {
  node.shape(0);
  return generated(Shape{}, DataType::kI64);
}

Translation translate_constant_of_shape(const NodeView& node) {
  const NodeView::Integers sizes = node.integers("", 0);
  if (!sizes.given) throw bad_input("ConstantOfShape without a shape");
  if (!sizes.known) return unsupported("the shape depends on data");
  if (sizes.values.size() > kMaxRank) throw bad_input("the shape has too many dimensions");
  for (const std::int64_t size : sizes.values)
    if (size < 0) throw bad_input("ConstantOfShape with a size of " + std::to_string(size));
  DataType dtype = DataType::kF32;
  if (const auto value = node.attributes.tensor("value"))
    dtype = data_type_of(value->element_type).value_or(dtype);
  Shape shape(sizes.values);
  shape.element_count();
  return generated(std::move(shape), dtype);
}

Translation translate_range(const NodeView& node) {
  const Content *start = node.content(0), *limit = node.content(1), *delta = node.content(2);
  if (!start || !limit || !delta) return unsupported("the range depends on data");
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1)
    throw bad_input("Range needs three single numbers");
  const double step = delta->real(0);
  const double count = std::ceil((limit->real(0) - start->real(0)) / step);
  if (step == 0 || !(count < 9e15)) throw bad_input("Range is infinite");
  return generated({static_cast<std::int64_t>(std::max(count, 0.0))}, node.dtype(0));
}

Translation translate_like(const NodeView& node) {
  const auto type = data_type_of(static_cast<int>(node.attributes.integer("dtype", 0)));
  return generated(node.shape(0), type.value_or(node.dtype(0)));
}

Translation translate_random(const NodeView& node) {
  const auto* sizes = node.attributes.integers("shape");
  if (!sizes || sizes->size() > kMaxRank) throw bad_input("a random tensor without a fit shape");
  for (const std::int64_t size : *sizes)
    if (size < 0) throw bad_input("a random tensor with a negative size");
  Shape shape(*sizes);
  shape.element_count();
  const auto type = data_type_of(static_cast<int>(node.attributes.integer("dtype", 1)));
  return generated(std::move(shape), type.value_or(DataType::kF32));
}

Translation translate_one_hot(const NodeView& node) {
  const Content* depth = node.content(1);
  if (!depth || depth->size() != 1) return unsupported("the depth depends on data");
  const double wanted = depth->real(0);
  if (!(wanted >= 1 && wanted < 9e15)) throw bad_input("OneHot with an impossible depth");
  std::vector<std::int64_t> out = node.shape(0).sizes();
  if (out.size() + 1 > kMaxRank) throw bad_input("the result has too many dimensions");
  const std::size_t axis = node.axis(node.attributes.integer("axis", -1), out.size() + 1);
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<std::int64_t>(wanted));
  Translation result = movement(node, MoveMode::kScatter, Shape(std::move(out)));
  result.dtype = result.outputs[0].dtype = node.dtype(2);
  return result;
}

Translation translate_non_zero(const NodeView& node) {
  const Content* content = node.content(0);
  if (!content) return unsupported("how many elements it finds depends on data");
  std::int64_t found = 0;
  for (std::size_t i = 0; i < content->size(); ++i) found += content->real(i) != 0;
  return generated({static_cast<std::int64_t>(node.shape(0).rank()), found}, DataType::kI64);
}

Translation data_dependent(const NodeView&) {
  return unsupported("the size of its result depends on data");
}

// ---- Resizing ---------------------------------------------------------------------------------

// Output sizes from a scale for each axis, rounded down as ONNX says. The small slack takes up what
// a scale such as 56/14 lost as a 32-bit float.
std::optional<Shape> scaled(const Shape& in, const std::vector<std::size_t>& axes,
                            const std::vector<double>& scales) {
  Shape out = in;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const double size = std::floor(static_cast<double>(in[axes[i]]) * scales[i] + 1e-5);
    if (!(size >= 0 && size < 9e15)) return std::nullopt;
    out[axes[i]] = static_cast<std::int64_t>(size);
  }
  return out;
}

Translation resized(const NodeView& node, std::size_t scales_slot, std::size_t sizes_slot) {
  const Shape& in = node.shape(0);
  std::vector<std::size_t> axes;
  if (const auto* list = node.attributes.integers("axes")) {
    for (const std::int64_t axis : *list) axes.push_back(node.axis(axis, in.rank()));
  } else {
    for (std::size_t i = 0; i < in.rank(); ++i) axes.push_back(i);
  }
  std::vector<double> scales;
  const bool by_sizes = node.has(sizes_slot) && node.shape(sizes_slot).element_count() > 0;
  if (by_sizes) {
    const NodeView::Integers sizes = node.integers("", sizes_slot);
    if (!sizes.known) return unsupported("the output's size depends on data");
    if (sizes.values.size() != axes.size()) throw bad_input("Resize needs a size for each axis");
    const std::string_view policy = node.attributes.text("keep_aspect_ratio_policy", "stretch");
    Shape out = in;
    double factor = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      std::int64_t size = sizes.values[i];
      if (size < 0) throw bad_input("Resize to a size of " + std::to_string(size));
      // A baked-in batch follows the new one.
      if (axes[i] == 0 && node.batch && size == node.batch->from && in[0] == node.batch->to)
        size = in[0];
      out[axes[i]] = size;
      const double one =
          static_cast<double>(size) / static_cast<double>(std::max<std::int64_t>(in[axes[i]], 1));
      factor = i == 0                   ? one
               : policy == "not_larger" ? std::min(factor, one)
                                        : std::max(factor, one);
    }
    if (policy == "stretch") return movement(node, MoveMode::kResize, out);
    for (const std::size_t axis : axes) {
      const double size = std::round(factor * static_cast<double>(in[axis]));
      if (!(size >= 0 && size < 9e15)) throw bad_input("Resize to an impossible size");
      out[axis] = static_cast<std::int64_t>(size);
    }
    out.element_count();
    return movement(node, MoveMode::kResize, out);
  }
  if (const auto* list = node.attributes.reals("scales")) {
    scales = *list;
  } else {
    const Content* content = node.content(scales_slot);
    if (!content) return unsupported("the scales depend on data");
    for (std::size_t i = 0; i < content->size(); ++i) scales.push_back(content->real(i));
  }
  if (scales.size() != axes.size()) throw bad_input("Resize needs a scale for each axis");
  const auto out = scaled(in, axes, scales);
  if (!out) throw bad_input("Resize with impossible scales");
  return movement(node, MoveMode::kResize, *out);
}

// Opset 10 has (X, scales); 11 and later (X, roi, scales, sizes).
Translation translate_resize(const NodeView& node) {
  return node.opset < 11 ? resized(node, 1, 99) : resized(node, 2, 3);
}

Translation translate_upsample(const NodeView& node) { return resized(node, 1, 99); }

Translation translate_grid_sample(const NodeView& node) {
  const Shape &in = node.shape(0), &grid = node.shape(1);
  if (in.rank() < 3 || grid.rank() != in.rank()) throw bad_input("the grid does not fit the input");
  std::vector<std::int64_t> out = {in[0], in[1]};
  out.insert(out.end(), grid.begin() + 1, grid.end() - 1);
  return movement(node, MoveMode::kResize, Shape(std::move(out)));
}

Translation translate_roi_align(const NodeView& node) {
  const Shape &in = node.shape(0), &rois = node.shape(1);
  const std::int64_t h = node.attributes.integer("output_height", 1);
  const std::int64_t w = node.attributes.integer("output_width", 1);
  if (in.rank() != 4 || rois.rank() != 2 || h < 1 || w < 1)
    throw bad_input("RoiAlign needs a feature map of 4 dimensions and a list of boxes");
  return movement(node, MoveMode::kResize, {rois[0], in[1], h, w});
}

constexpr auto first = first_slots(1);

constexpr Operator kRows[] = {
    {"Shape", translate_shape, 0},
    {"Size", translate_size, 0},
    {"ConstantOfShape", translate_constant_of_shape, 0},
    {"Range", translate_range, 0},
    {"EyeLike", translate_like, 0},
    {"RandomNormalLike", translate_like, 0},
    {"RandomUniformLike", translate_like, 0},
    {"Bernoulli", translate_like, 0},
    {"RandomNormal", translate_random, 0},
    {"RandomUniform", translate_random, 0},
    {"OneHot", translate_one_hot, 0},
    {"NonZero", translate_non_zero, 0},
    {"NonMaxSuppression", data_dependent, 0},
    {"Unique", data_dependent, 0},
    {"Compress", data_dependent, 0},
    {"Resize", translate_resize, first},
    {"Upsample", translate_upsample, first},
    {"GridSample", translate_grid_sample},
    {"RoiAlign", translate_roi_align, first},
};

}  // namespace

std::span<const Operator> generator_operators() { return kRows; }

}  // namespace neuralpower::onnx
