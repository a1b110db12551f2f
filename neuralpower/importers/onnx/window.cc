// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "neuralpower/base/checked.h"

namespace neuralpower::onnx {
namespace {

// Padding of SAME_UPPER and SAME_LOWER: the output has ceil(in / stride) elements, an odd rest goes
// behind or in front.
void pad_same(std::int64_t in, bool upper, AxisWindow& window) {
  const std::int64_t extent = checked_add(checked_mul(window.kernel - 1, window.dilation), 1);
  const std::int64_t steps =
      checked_mul(std::max<std::int64_t>(ceil_div(in, window.stride) - 1, 0), window.stride);
  const std::int64_t total = std::max<std::int64_t>(checked_add(steps, extent) - in, 0);
  window.before = upper ? total / 2 : total - total / 2;
  window.after = total - window.before;
}

// A list of positive numbers, one an axis; absent: ones.
std::vector<std::int64_t> positive_list(const std::vector<std::int64_t>* list, std::size_t axes,
                                        std::string_view list_name, std::string_view name) {
  if (!list) return std::vector<std::int64_t>(axes, 1);
  expect_count(list_name, *list, axes);
  for (const std::int64_t value : *list)
    if (value < 1)
      throw bad_input(std::string(name) + " " + std::to_string(value) + " must be at least 1");
  return *list;
}

}  // namespace

void expect_count(std::string_view name, const std::vector<std::int64_t>& list,
                  std::size_t wanted) {
  if (list.size() != wanted)
    throw bad_input(std::string(name) + " has " + std::to_string(list.size()) + " numbers, not " +
                    std::to_string(wanted));
}

std::vector<AxisWindow> read_axes(const NodeView& node, const Shape& in,
                                  const std::vector<std::int64_t>& kernel) {
  if (in.rank() < 3 || in.rank() > 5)
    throw bad_input("an input of shape " + in.to_string() +
                    " does not have one to three spatial axes");
  const std::size_t axes = in.rank() - 2;
  const auto kernels = positive_list(&kernel, axes, "kernel_shape", "kernel");
  const auto strides =
      positive_list(node.attributes.integers("strides"), axes, "strides", "stride");
  const auto dilations =
      positive_list(node.attributes.integers("dilations"), axes, "dilations", "dilation");
  std::vector<AxisWindow> windows(axes);
  for (std::size_t i = 0; i < axes; ++i) windows[i] = {kernels[i], strides[i], dilations[i]};
  const std::string_view auto_pad = node.attributes.text("auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    for (std::size_t i = 0; i < axes; ++i)
      pad_same(in[i + 2], auto_pad == "SAME_UPPER", windows[i]);
  } else if (auto_pad == "NOTSET" || auto_pad.empty()) {
    if (const auto* pads = node.attributes.integers("pads")) {
      expect_count("pads", *pads, 2 * axes);
      for (const std::int64_t pad : *pads)
        if (pad < 0) throw bad_input("padding " + std::to_string(pad) + " is negative");
      for (std::size_t i = 0; i < axes; ++i) {
        windows[i].before = (*pads)[i];
        windows[i].after = (*pads)[i + axes];
      }
    }
  } else if (auto_pad != "VALID") {
    throw bad_input("auto_pad '" + std::string(auto_pad) + "' is not one of ONNX's");
  }
  return windows;
}

Shape Window::unfold(Shape output) const {
  switch (original.rank()) {
    case 3:
      return {output[0], output[1], output[2]};
    case 5:
      if (is_volume()) return output;
      if (depth_in_batch) return {original[0], output[1], original[2], output[2], output[3]};
      return {output[0], output[1], output[2], original[3], original[4]};
    default:
      return output;
  }
}

Window fold_axes(const Shape& in, std::vector<AxisWindow> axes) {
  Window window;
  window.original = in;
  window.input = in;
  if (in.rank() == 3) {
    window.input = {in[0], in[1], in[2], 1};
    axes.emplace_back();
  } else if (in.rank() == 5 && !axes[0].slides()) {
    window.depth_in_batch = true;
    window.input = {checked_mul(in[0], in[2]), in[1], in[3], in[4]};
    axes.erase(axes.begin());
  } else if (in.rank() == 5 && !axes[1].slides() && !axes[2].slides()) {
    window.input = {in[0], in[1], in[2], checked_mul(in[3], in[4])};
    axes.pop_back();
  }
  window.axes = std::move(axes);
  return window;
}

std::vector<std::int64_t> spatial_of(const Shape& weights) {
  if (weights.rank() < 3)
    throw bad_input("weights of shape " + weights.to_string() + " have no kernel");
  return {weights.begin() + 2, weights.end()};
}

Translation convolution_of(const NodeView& node, const Shape& in, const Shape& weights,
                           DataType dtype) {
  const auto kernel = spatial_of(weights);
  if (const auto* declared = node.attributes.integers("kernel_shape"))
    if (*declared != kernel) throw bad_input("kernel_shape is not that of the weights");
  const Window window = fold_axes(in, read_axes(node, in, kernel));
  const std::int64_t groups = node.attributes.integer("group", 1);
  if (groups < 1) throw bad_input("group " + std::to_string(groups) + " must be at least 1");
  const auto described = [&](auto op) {
    op.out_channels = weights[0];
    op.groups = groups;
    return op;
  };
  // Checks that the groups divide.
  Translation result =
      windowed(window, described(Convolution{}), described(Convolution3d{}), dtype);
  if (checked_mul(weights[1], groups) != in[1])
    throw bad_input("weights " + weights.to_string() + " in " + std::to_string(groups) +
                    " groups do not fit an input of " + std::to_string(in[1]) + " channels");
  return result;
}

}  // namespace neuralpower::onnx
