// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/slicing.h"

#include <algorithm>
#include <limits>
#include <string>

#include "neuralpower/base/checked.h"

namespace neuralpower::onnx {
namespace {

// Bounds as far out as a file likes; clamped without overflow.
AxisSlice clamp_slice(std::size_t axis, std::int64_t size, std::int64_t start, std::int64_t end,
                      std::int64_t step) {
  if (step == 0) throw bad_input("Slice with a step of 0");
  const auto from_front = [&](std::int64_t at) { return at < 0 ? at + size : at; };
  AxisSlice slice{axis, 0, step, 0};
  if (step > 0) {
    slice.start = std::clamp<std::int64_t>(from_front(start), 0, size);
    const std::int64_t stop = std::clamp<std::int64_t>(from_front(end), 0, size);
    if (stop > slice.start) slice.count = (stop - slice.start - 1) / step + 1;
  } else {
    slice.start = std::clamp<std::int64_t>(from_front(start), -1, size - 1);
    const std::int64_t stop = std::clamp<std::int64_t>(from_front(end), -1, size - 1);
    const std::int64_t back = step == std::numeric_limits<std::int64_t>::min()
                                  ? std::numeric_limits<std::int64_t>::max()
                                  : -step;
    if (slice.start > stop) slice.count = (slice.start - stop - 1) / back + 1;
  }
  return slice;
}

}  // namespace

std::optional<std::vector<AxisSlice>> read_slices(const NodeView& node) {
  const Shape& in = node.shape(0);
  const auto starts = node.integers("starts", 1), ends = node.integers("ends", 2);
  const auto axes = node.integers("axes", 3), steps = node.integers("steps", 4);
  if (!starts.given || !ends.given) throw bad_input("Slice without starts or ends");
  if (!starts.known || !ends.known || !axes.known || !steps.known) return std::nullopt;
  const std::size_t count = starts.values.size();
  if (ends.values.size() != count || (axes.given && axes.values.size() != count) ||
      (steps.given && steps.values.size() != count) || count > kMaxRank)
    throw bad_input("Slice's starts, ends, axes and steps are not equally many");
  std::vector<AxisSlice> slices;
  std::vector<bool> seen(in.rank(), false);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t axis =
        node.axis(axes.given ? axes.values[i] : static_cast<std::int64_t>(i), in.rank());
    if (seen[axis]) throw bad_input("Slice names axis " + std::to_string(axis) + " twice");
    seen[axis] = true;
    slices.push_back(clamp_slice(axis, in[axis], starts.values[i], ends.values[i],
                                 steps.given ? steps.values[i] : 1));
  }
  return slices;
}

std::optional<std::vector<std::int64_t>> read_split(const NodeView& node) {
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(node.attributes.integer("axis", 0), in.rank());
  const auto parts = node.integers("split", 1);
  if (!parts.known) return std::nullopt;
  if (parts.given) {
    std::int64_t sum = 0;
    for (const std::int64_t part : parts.values) {
      if (part < 0) throw bad_input("Split into a part of negative size");
      sum = checked_add(sum, part);
    }
    if (parts.values.size() < node.output_count)
      throw bad_input("Split has more outputs than parts");
    if (sum != in[axis])
      throw bad_input("Split into parts of " + std::to_string(sum) + " in sum along an axis of " +
                      std::to_string(in[axis]));
    return parts.values;
  }
  // Equal parts, the last one smaller if need be.
  const auto outputs = static_cast<std::int64_t>(node.output_count);
  const std::int64_t count = node.attributes.integer("num_outputs", outputs);
  if (count < 1 || count != outputs)
    throw bad_input("Split into " + std::to_string(count) + " parts has " +
                    std::to_string(outputs) + " outputs");
  const std::int64_t part = ceil_div(in[axis], count);
  std::vector<std::int64_t> sizes;
  std::int64_t left = in[axis];
  for (std::int64_t i = 0; i < count; ++i) {
    sizes.push_back(std::min(part, left));
    left -= sizes.back();
  }
  return sizes;
}

std::vector<std::size_t> transpose_order(const NodeView& node, std::size_t rank) {
  std::vector<std::size_t> order;
  const auto* perm = node.attributes.integers("perm");
  if (!perm) {
    for (std::size_t i = rank; i-- > 0;) order.push_back(i);
    return order;
  }
  if (perm->size() != rank)
    throw bad_input("perm has " + std::to_string(perm->size()) + " numbers for " +
                    std::to_string(rank) + " dimensions");
  std::vector<bool> seen(rank, false);
  for (const std::int64_t axis : *perm) {
    const std::size_t at = node.axis(axis, rank);
    if (seen[at]) throw bad_input("perm names axis " + std::to_string(at) + " twice");
    seen[at] = true;
    order.push_back(at);
  }
  return order;
}

}  // namespace neuralpower::onnx
