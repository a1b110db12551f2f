// SPDX-License-Identifier: Apache-2.0
// Conv, ConvTranspose and the pools.
#include <utility>
#include <vector>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/importers/onnx/window.h"

namespace neuralpower::onnx {
namespace {

Translation translate_conv(const NodeView& node) {
  return convolution_of(node, node.shape(0), node.shape(1), node.dtype(0));
}

// The padding that makes a transposed window over `in` cells write `target` of them.
void fit_transposed_pad(std::int64_t in, std::int64_t target, bool more_behind, AxisWindow& axis) {
  if (target < 1 || in < 1 || axis.output_pad < 0)
    throw bad_input("output_shape, output_padding and the input's sizes must be positive");
  const std::int64_t unpadded =
      checked_add(checked_add(checked_mul(axis.stride, in - 1), axis.output_pad),
                  checked_add(checked_mul(axis.kernel - 1, axis.dilation), 1));
  std::int64_t total = unpadded - target;
  if (total < 0) {
    axis.output_pad = checked_add(axis.output_pad, -total);
    total = 0;
  }
  (more_behind ? axis.before : axis.after) = total / 2;
  (more_behind ? axis.after : axis.before) = total - total / 2;
}

// Windows of ConvTranspose: output_padding, and the padding that output_shape or auto_pad ask for.
std::vector<AxisWindow> read_transposed_axes(const NodeView& node, const Shape& in,
                                             const std::vector<std::int64_t>& kernel) {
  std::vector<AxisWindow> axes = read_axes(node, in, kernel);
  if (const auto* extra = node.attributes.integers("output_padding")) {
    expect_count("output_padding", *extra, axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i].output_pad = (*extra)[i];
  }
  const auto* wanted = node.attributes.integers("output_shape");
  const std::string_view auto_pad = node.attributes.text("auto_pad", "NOTSET");
  if (!wanted && auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER") return axes;
  if (wanted) expect_count("output_shape", *wanted, axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t target = wanted ? (*wanted)[i] : checked_mul(in[i + 2], axes[i].stride);
    fit_transposed_pad(in[i + 2], target, auto_pad == "SAME_UPPER", axes[i]);
  }
  return axes;
}

Translation translate_conv_transpose(const NodeView& node) {
  const Shape &in = node.shape(0), &weights = node.shape(1);
  const Window window = fold_axes(in, read_transposed_axes(node, in, spatial_of(weights)));
  const std::int64_t groups = node.attributes.integer("group", 1);
  if (groups < 1) throw bad_input("group is " + std::to_string(groups));
  if (weights[0] != in[1])
    throw bad_input("the weights " + weights.to_string() + " do not fit the input's " +
                    std::to_string(in[1]) + " channels");
  const auto described = [&](auto op) {
    op.out_channels = checked_mul(weights[1], groups);
    op.groups = groups;
    return op;
  };
  return windowed(window, described(TransposedConvolution{}), described(TransposedConvolution3d{}),
                  node.dtype(0));
}

Translation pooling_of(const NodeView& node, PoolMode mode) {
  const Shape& in = node.shape(0);
  const auto* kernel = node.attributes.integers("kernel_shape");
  if (!kernel) throw bad_input("pooling without kernel_shape");
  const auto described = [&](auto op) {
    op.mode = mode;
    op.ceil_mode = node.attributes.integer("ceil_mode", 0) != 0;
    return op;
  };
  Translation result = windowed(fold_axes(in, read_axes(node, in, *kernel)), described(Pooling{}),
                                described(Pooling3d{}), node.dtype(0));
  result.outputs.push_back({result.outputs[0].shape, DataType::kI64});  // MaxPool's indices
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
