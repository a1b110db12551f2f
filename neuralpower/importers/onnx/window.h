// SPDX-License-Identifier: Apache-2.0
// Sliding windows as ONNX writes them: kernel_shape, strides, dilations, pads, auto_pad, over one
// or two spatial axes. One axis is described as a plane of width 1.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {

struct Window {
  Size2 kernel, stride, dilation;
  Padding pad;
};

// Reads the node's window over the spatial axes of input 0, which has `rank` 3 or 4 dimensions.
// Error for lists of the wrong length, zero strides and negative sizes.
Window read_window(const NodeView& node, const std::vector<std::int64_t>& kernel, std::size_t rank);

// A list of one or two numbers; `along_width` is the width's number if there is only one axis.
Size2 size2_of(const std::vector<std::int64_t>& list, std::size_t axes, std::int64_t along_width,
               std::string_view name);

Shape as_planar(const Shape& shape);                          // N x C x L to N x C x L x 1
Shape as_dimensional(const Shape& planar, std::size_t rank);  // and back
std::vector<std::int64_t> spatial_of(const Shape& weights);   // the sizes behind the second
void check_ranks(const Shape& input, const Shape& weights);   // Error unless equal and 3 or 4

// The convolution of an input with weights Co x C/groups x kernel, by the node's attributes.
Translation convolution_of(const NodeView& node, const Shape& in, const Shape& weights,
                           DataType dtype);

}  // namespace neuralpower::onnx
