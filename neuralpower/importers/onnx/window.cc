// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::onnx {
namespace {

// Padding of SAME_UPPER and SAME_LOWER along one axis: the output has ceil(in / stride) elements,
// an odd rest goes behind or in front.
void pad_same(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
              bool upper, std::int64_t& before, std::int64_t& after) {
  const std::int64_t extent = checked_add(checked_mul(kernel - 1, dilation), 1);
  const std::int64_t steps =
      checked_mul(std::max<std::int64_t>(ceil_div(in, stride) - 1, 0), stride);
  const std::int64_t total = std::max<std::int64_t>(checked_add(steps, extent) - in, 0);
  before = upper ? total / 2 : total - total / 2;
  after = total - before;
}

Size2 positive(Size2 size, std::string_view name) {
  if (size.h < 1 || size.w < 1)
    throw bad_input(std::string(name) + " " + std::to_string(std::min(size.h, size.w)) +
                    " must be at least 1");
  return size;
}

}  // namespace

Size2 size2_of(const std::vector<std::int64_t>& list, std::size_t axes, std::int64_t along_width,
               std::string_view name) {
  if (list.size() != axes)
    throw bad_input(std::string(name) + " has " + std::to_string(list.size()) + " numbers for " +
                    std::to_string(axes) + " spatial axes");
  return {list[0], axes == 2 ? list[1] : along_width};
}

Shape as_planar(const Shape& shape) {
  return shape.rank() == 3 ? Shape{shape[0], shape[1], shape[2], 1} : shape;
}

Shape as_dimensional(const Shape& planar, std::size_t rank) {
  return rank == 3 ? Shape{planar[0], planar[1], planar[2]} : planar;
}

std::vector<std::int64_t> spatial_of(const Shape& weights) {
  return {weights.begin() + 2, weights.end()};
}

void check_ranks(const Shape& input, const Shape& weights) {
  if ((input.rank() != 3 && input.rank() != 4) || weights.rank() != input.rank())
    throw bad_input("an input " + input.to_string() + " and weights " + weights.to_string() +
                    " do not make a convolution over one or two axes");
}

Window read_window(const NodeView& node, const std::vector<std::int64_t>& kernel,
                   std::size_t rank) {
  const std::size_t axes = rank - 2;
  Window window;
  window.kernel = positive(size2_of(kernel, axes, 1, "kernel_shape"), "kernel_shape");
  if (const auto* strides = node.attributes.integers("strides"))
    window.stride = positive(size2_of(*strides, axes, 1, "strides"), "stride");
  if (const auto* dilations = node.attributes.integers("dilations"))
    window.dilation = positive(size2_of(*dilations, axes, 1, "dilations"), "dilation");
  const std::string_view auto_pad = node.attributes.text("auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    const bool upper = auto_pad == "SAME_UPPER";
    const Shape in = as_planar(node.shape(0));
    pad_same(in[2], window.kernel.h, window.stride.h, window.dilation.h, upper, window.pad.top,
             window.pad.bottom);
    pad_same(in[3], window.kernel.w, window.stride.w, window.dilation.w, upper, window.pad.left,
             window.pad.right);
  } else if (auto_pad == "NOTSET" || auto_pad.empty()) {
    if (const auto* pads = node.attributes.integers("pads")) {
      if (pads->size() != 2 * axes)
        throw bad_input("pads has " + std::to_string(pads->size()) + " numbers, not " +
                        std::to_string(2 * axes));
      for (const std::int64_t pad : *pads)
        if (pad < 0) throw bad_input("padding " + std::to_string(pad) + " is negative");
      window.pad = axes == 2 ? Padding{(*pads)[0], (*pads)[1], (*pads)[2], (*pads)[3]}
                             : Padding{(*pads)[0], 0, (*pads)[1], 0};
    }
  } else if (auto_pad != "VALID") {
    throw bad_input("auto_pad '" + std::string(auto_pad) + "' is not one of ONNX's");
  }
  return window;
}

Translation convolution_of(const NodeView& node, const Shape& in, const Shape& weights,
                           DataType dtype) {
  if (in.rank() == 5) return unsupported("three-dimensional convolution");
  check_ranks(in, weights);
  const auto kernel = spatial_of(weights);
  if (const auto* declared = node.attributes.integers("kernel_shape"))
    if (*declared != kernel) throw bad_input("kernel_shape is not that of the weights");
  const Window window = read_window(node, kernel, in.rank());
  Convolution op;
  op.groups = node.attributes.integer("group", 1);
  op.out_channels = weights[0];
  op.kernel = window.kernel;
  op.stride = window.stride;
  op.dilation = window.dilation;
  op.pad = window.pad;
  if (op.groups < 1) throw bad_input("group " + std::to_string(op.groups) + " must be at least 1");
  LayerConfig config{op, {as_planar(in)}, dtype, {}};
  const Shape out = output_shape(config);  // checks that the groups divide
  if (checked_mul(weights[1], op.groups) != in[1])
    throw bad_input("weights " + weights.to_string() + " in " + std::to_string(op.groups) +
                    " groups do not fit an input of " + std::to_string(in[1]) + " channels");
  return one_output(op, std::move(config.inputs), dtype, as_dimensional(out, in.rank()));
}

}  // namespace neuralpower::onnx
