// SPDX-License-Identifier: Apache-2.0
// Conv, ConvTranspose and the pools.
#include <algorithm>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/importers/onnx/window.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::onnx {
namespace {

Translation translate_conv(const NodeView& node) {
  return convolution_of(node, node.shape(0), node.shape(1), node.dtype(0));
}

// The padding that ConvTranspose's output_shape or auto_pad asks for along one axis.
void fit_transposed_pad(std::int64_t total, bool more_behind, std::int64_t& before,
                        std::int64_t& after, std::int64_t& output_pad) {
  if (total < 0) {
    output_pad = checked_add(output_pad, -total);
    total = 0;
  }
  (more_behind ? before : after) = total / 2;
  (more_behind ? after : before) = total - total / 2;
}

Translation translate_conv_transpose(const NodeView& node) {
  const Shape &in = node.shape(0), &weights = node.shape(1);
  if (in.rank() == 5) return unsupported("a deconvolution along three axes");
  const auto window = read_window(node, in, spatial_of(weights));
  TransposedConvolution op;
  op.groups = node.attributes.integer("group", 1);
  if (op.groups < 1) throw bad_input("group is " + std::to_string(op.groups));
  if (weights[0] != in[1])
    throw bad_input("the weights " + weights.to_string() + " do not fit the input's " +
                    std::to_string(in[1]) + " channels");
  op.out_channels = checked_mul(weights[1], op.groups);
  op.kernel = window->kernel;
  op.stride = window->stride;
  op.dilation = window->dilation;
  op.pad = window->pad;
  const std::size_t spatial = in.rank() - 2;
  if (const auto* extra = node.attributes.integers("output_padding"))
    op.output_pad = size2_of(*extra, spatial, 0, "output_padding");
  const auto* wanted = node.attributes.integers("output_shape");
  const std::string_view auto_pad = node.attributes.text("auto_pad", "NOTSET");
  if (wanted || auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    const Shape& planar = window->input;
    const Size2 target =
        wanted ? size2_of(*wanted, spatial, 1, "output_shape")
               : Size2{checked_mul(planar[2], op.stride.h), checked_mul(planar[3], op.stride.w)};
    const auto unpadded = [](std::int64_t n, std::int64_t stride, std::int64_t kernel,
                             std::int64_t dilation, std::int64_t extra) {
      return checked_add(checked_add(checked_mul(stride, n - 1), extra),
                         checked_add(checked_mul(kernel - 1, dilation), 1));
    };
    if (target.h < 1 || target.w < 1 || planar[2] < 1 || planar[3] < 1 || op.output_pad.h < 0 ||
        op.output_pad.w < 0)
      throw bad_input("output_shape, output_padding and the input's sizes must be positive");
    const bool more_behind = auto_pad == "SAME_UPPER";
    fit_transposed_pad(
        unpadded(planar[2], op.stride.h, op.kernel.h, op.dilation.h, op.output_pad.h) - target.h,
        more_behind, op.pad.top, op.pad.bottom, op.output_pad.h);
    fit_transposed_pad(
        unpadded(planar[3], op.stride.w, op.kernel.w, op.dilation.w, op.output_pad.w) - target.w,
        more_behind, op.pad.left, op.pad.right, op.output_pad.w);
  }
  LayerConfig config{op, {window->input}, node.dtype(0), {}};
  const Shape out = window->unfold(output_shape(config));
  return one_output(op, std::move(config.inputs), node.dtype(0), out);
}

Translation pooling_of(const NodeView& node, PoolMode mode) {
  const Shape& in = node.shape(0);
  const auto* kernel = node.attributes.integers("kernel_shape");
  if (!kernel) throw bad_input("pooling without kernel_shape");
  const auto window = read_window(node, in, *kernel);
  if (!window) return unsupported("a pooling along three axes");
  Pooling op;
  op.mode = mode;
  op.kernel = window->kernel;
  op.stride = window->stride;
  op.dilation = window->dilation;
  op.pad = window->pad;
  op.ceil_mode = node.attributes.integer("ceil_mode", 0) != 0;
  LayerConfig config{op, {window->input}, node.dtype(0), {}};
  const Shape out = window->unfold(output_shape(config));
  Translation result = one_output(op, std::move(config.inputs), node.dtype(0), out);
  result.outputs.push_back({out, DataType::kI64});  // MaxPool's indices
  return result;
}

Translation translate_max_pool(const NodeView& node) { return pooling_of(node, PoolMode::kMax); }
Translation translate_average_pool(const NodeView& node) {
  return pooling_of(node, PoolMode::kAverage);
}

Translation global_pooling_of(const NodeView& node, PoolMode mode) {
  const Shape& in = node.shape(0);
  if (in.rank() < 2) throw bad_input("global pooling needs a batch and channels");
  if (in.rank() == 2) return view_as(node, in);
  // One window over everything: how the spatial axes are folded into two makes no difference.
  const std::int64_t width = in.rank() == 3 ? 1 : in.back();
  const std::int64_t area = in.element_count_from(2);
  const Shape planar{in[0], in[1], width == 0 ? 0 : area / width, width};
  Pooling op;
  op.mode = mode;
  std::vector<std::int64_t> out(in.rank(), 1);
  out[0] = in[0];
  out[1] = in[1];
  return one_output(op, {planar}, node.dtype(0), Shape(std::move(out)));
}

Translation translate_global_average_pool(const NodeView& node) {
  return global_pooling_of(node, PoolMode::kAdaptiveAverage);
}
Translation translate_global_max_pool(const NodeView& node) {
  return global_pooling_of(node, PoolMode::kAdaptiveMax);
}

constexpr Operator kRows[] = {
    {"Conv", translate_conv},
    {"FusedConv", translate_conv},
    {"DeformConv", translate_conv},  // its offsets shift where the window reads, not how often
    {"ConvTranspose", translate_conv_transpose},
    {"MaxPool", translate_max_pool},
    {"AveragePool", translate_average_pool},
    {"LpPool", translate_average_pool},  // a power mean: the same windows and reads
    {"GlobalAveragePool", translate_global_average_pool},
    {"GlobalMaxPool", translate_global_max_pool},
    {"GlobalLpPool", translate_global_average_pool},
};

}  // namespace

std::span<const Operator> convolution_operators() { return kRows; }

}  // namespace neuralpower::onnx
