// SPDX-License-Identifier: Apache-2.0
// What Slice, Split and Transpose take from their inputs, read once for the shape and for folding.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "neuralpower/importers/onnx/node_view.h"

namespace neuralpower::onnx {

struct AxisSlice {
  std::size_t axis = 0;
  std::int64_t start = 0, step = 1, count = 0;
};

// The slices along each named axis, clamped to the input; nothing if they depend on data.
std::optional<std::vector<AxisSlice>> read_slices(const NodeView& node);

// The sizes of the parts along the axis; nothing if they depend on data.
std::optional<std::vector<std::int64_t>> read_split(const NodeView& node);

// The input axis that each output axis shows.
std::vector<std::size_t> transpose_order(const NodeView& node, std::size_t rank);

}  // namespace neuralpower::onnx
