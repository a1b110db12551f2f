// SPDX-License-Identifier: Apache-2.0
// Sliding windows as ONNX writes them (kernel_shape, strides, dilations, pads, auto_pad), brought
// to the two spatial axes that layers have.
//
// One spatial axis is a plane of width 1. Of three, those along which nothing slides (kernel and
// stride 1, no padding) are folded away: depth into the batch, or height and width into one. What
// slides along three axes cannot be described.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {

struct Window {
  Size2 kernel, stride, dilation;
  Padding pad;

  Shape input;                       // N x C x H x W, folded
  Shape unfold(Shape output) const;  // the output's shape with the input's number of axes

  Shape original;  // the input as it is
  bool depth_in_batch = false;
};

// Reads the node's window over the spatial axes of `in`. Nothing if it slides along three axes;
// Error for lists of the wrong length, zero strides and negative sizes, and for inputs that do not
// have one to three spatial axes.
std::optional<Window> read_window(const NodeView& node, const Shape& in,
                                  const std::vector<std::int64_t>& kernel);

// A list with a number for each of one or two axes; `along_width` stands in for a second.
Size2 size2_of(const std::vector<std::int64_t>& list, std::size_t axes, std::int64_t along_width,
               std::string_view name);

std::vector<std::int64_t> spatial_of(const Shape& weights);  // the sizes behind the second

// The convolution of an input with weights Co x C/groups x kernel, by the node's attributes.
Translation convolution_of(const NodeView& node, const Shape& in, const Shape& weights,
                           DataType dtype);

}  // namespace neuralpower::onnx
