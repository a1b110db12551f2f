// SPDX-License-Identifier: Apache-2.0
// Sliding windows as ONNX writes them (kernel_shape, strides, dilations, pads, auto_pad), brought
// to the planes and volumes that layers have.
//
// One spatial axis is a plane of width 1. Of three, those along which nothing slides (kernel and
// stride 1, no padding) are folded away: depth into the batch, or height and width into one; a
// plane is what more is known about. What slides along all of them is a volume.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::onnx {

struct AxisWindow {
  std::int64_t kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
  std::int64_t output_pad = 0;  // transposed convolutions only
  bool slides() const {
    return kernel != 1 || stride != 1 || before != 0 || after != 0 || output_pad != 0;
  }
};

struct Window {
  std::vector<AxisWindow> axes;      // height and width, or depth, height and width
  Shape input;                       // N x C x H x W or N x C x D x H x W
  Shape unfold(Shape output) const;  // the output's shape with the input's number of axes
  bool is_volume() const { return axes.size() == 3; }

  Shape original;  // the input as it is
  bool depth_in_batch = false;
};

// The node's windows along each spatial axis of `in`. Error for lists of the wrong length, zero
// strides and negative sizes, and for inputs that do not have one to three spatial axes.
std::vector<AxisWindow> read_axes(const NodeView& node, const Shape& in,
                                  const std::vector<std::int64_t>& kernel);

// The plane or volume that `axes` slide over.
Window fold_axes(const Shape& in, std::vector<AxisWindow> axes);

// Error unless the list has `wanted` numbers.
void expect_count(std::string_view name, const std::vector<std::int64_t>& list, std::size_t wanted);

// Sets kernel, stride, dilation and padding of an operation over planes or over volumes.
template <typename Windows>
void set_window(Windows& op, const Window& window) {
  const auto& axes = window.axes;
  const auto sizes = [&](std::int64_t AxisWindow::*size) {
    if constexpr (std::is_same_v<decltype(op.kernel), Size3>) {
      return Size3{axes[0].*size, axes[1].*size, axes[2].*size};
    } else {
      return Size2{axes[0].*size, axes[1].*size};
    }
  };
  op.kernel = sizes(&AxisWindow::kernel);
  op.stride = sizes(&AxisWindow::stride);
  op.dilation = sizes(&AxisWindow::dilation);
  const auto before = sizes(&AxisWindow::before), after = sizes(&AxisWindow::after);
  if constexpr (std::is_same_v<decltype(op.kernel), Size3>) {
    op.pad = {before, after};
  } else {
    op.pad = {before.h, before.w, after.h, after.w};
  }
  if constexpr (requires { op.output_pad; }) op.output_pad = sizes(&AxisWindow::output_pad);
}

// The layer that `planar`, or over a volume `volume`, makes of the window; both have all but the
// window set.
template <typename Planar, typename Volume>
Translation windowed(const Window& window, Planar planar, Volume volume, DataType dtype) {
  const auto finish = [&](auto op) {
    set_window(op, window);
    LayerConfig config{op, {window.input}, dtype, {}};
    const Shape out = window.unfold(output_shape(config));
    return one_output(std::move(op), std::move(config.inputs), dtype, out);
  };
  return window.is_volume() ? finish(std::move(volume)) : finish(std::move(planar));
}

std::vector<std::int64_t> spatial_of(const Shape& weights);  // the sizes behind the second

// The convolution of an input with weights Co x C/groups x kernel, by the node's attributes.
Translation convolution_of(const NodeView& node, const Shape& in, const Shape& weights,
                           DataType dtype);

}  // namespace neuralpower::onnx
