// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/caffe_ops.h"

#include <algorithm>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

std::int64_t need_whole(const TextMessage& params, std::string_view key) {
  const auto value = params.whole(key);
  if (!value) throw bad_input("the layer needs '" + std::string(key) + "'");
  return *value;
}

// kernel_h and kernel_w, or `key` once for both or once for each axis.
Size2 read_pair(const TextMessage& params, std::string_view key, std::string_view stem,
                std::int64_t fallback) {
  const auto h = params.whole(std::string(stem) + "_h"), w = params.whole(std::string(stem) + "_w");
  const std::vector<std::int64_t> both = params.wholes(key);
  if (both.size() > 2)
    throw bad_input("'" + std::string(key) + "' has more than two values; images have two axes");
  Size2 size{fallback, fallback};
  if (!both.empty()) size = {both.front(), both.back()};
  if (h) size.h = *h;
  if (w) size.w = *w;
  return size;
}

template <typename AnyConvolution>
AnyConvolution read_any_convolution(const TextMessage& params) {
  AnyConvolution op;
  op.out_channels = need_whole(params, "num_output");
  if (params.find("kernel_size") == nullptr && params.find("kernel_h") == nullptr)
    throw bad_input("the layer needs 'kernel_size'");
  op.kernel = read_pair(params, "kernel_size", "kernel", 0);
  op.stride = read_pair(params, "stride", "stride", 1);
  const Size2 pad = read_pair(params, "pad", "pad", 0);
  op.pad = {pad.h, pad.w, pad.h, pad.w};
  op.dilation = read_pair(params, "dilation", "dilation", 1);
  op.groups = params.whole("group").value_or(1);
  return op;
}

// Caffe's number of windows along one axis, with rounding down on demand.
std::int64_t caffe_windows(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                           std::int64_t pad, bool any_padding, bool round_down) {
  if (stride < 1)
    throw bad_input("stride is " + std::to_string(stride) + "; it must be at least 1");
  if (kernel < 1)
    throw bad_input("kernel is " + std::to_string(kernel) + "; it must be at least 1");
  if (pad < 0) throw bad_input("padding must not be negative");
  const std::int64_t room = in + 2 * pad - kernel;
  if (room <= -stride || (room < 0 && round_down))
    throw bad_input("the kernel covers " + std::to_string(kernel) + " but the padded input only " +
                    std::to_string(in + 2 * pad));
  std::int64_t out = (room < 0 ? 0 : round_down ? room / stride : ceil_div(room, stride)) + 1;
  if (any_padding && (out - 1) * stride >= in + pad) --out;
  return out;
}

std::vector<std::int64_t> dims_of(const TextMessage& params) {
  const TextMessage* shape = params.message("shape");
  return shape == nullptr ? std::vector<std::int64_t>() : shape->wholes("dim");
}

Shape need_image(const Shape& in) {
  if (in.rank() != 4) throw bad_input("needs an image, not " + in.to_string());
  return in;
}

}  // namespace

std::size_t read_axis(const TextMessage& params, std::string_view key, std::int64_t fallback,
                      const Shape& in) {
  const auto rank = static_cast<std::int64_t>(in.rank());
  std::int64_t axis = params.whole(key).value_or(fallback);
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank)
    throw bad_input("'" + std::string(key) + "' is no axis of the input " + in.to_string());
  return static_cast<std::size_t>(axis);
}

Convolution read_convolution(const TextMessage& params, const Shape& in, bool depthwise) {
  auto op = read_any_convolution<Convolution>(params);
  if (depthwise && params.find("group") == nullptr && in.rank() == 4) op.groups = in[1];
  return op;
}

TransposedConvolution read_deconvolution(const TextMessage& params) {
  return read_any_convolution<TransposedConvolution>(params);
}

Pooling read_pooling(const TextMessage& params, const Shape& in) {
  const std::string_view method = params.text("pool").value_or("MAX");
  const bool average = method == "AVE" || method == "1";
  if (!average && method != "MAX" && method != "0" && method != "STOCHASTIC" && method != "2")
    throw bad_input("pool '" + std::string(method) + "' is not MAX, AVE or STOCHASTIC");
  need_image(in);
  Pooling op;
  if (params.flag("global_pooling", false)) {
    op.mode = average ? PoolMode::kAdaptiveAverage : PoolMode::kAdaptiveMax;
    return op;
  }
  op.mode = average ? PoolMode::kAverage : PoolMode::kMax;
  if (params.find("kernel_size") == nullptr && params.find("kernel_h") == nullptr)
    throw bad_input("the layer needs 'kernel_size'");
  op.kernel = read_pair(params, "kernel_size", "kernel", 0);
  op.stride = read_pair(params, "stride", "stride", 1);
  const Size2 pad = read_pair(params, "pad", "pad", 0);
  // Newer Caffe has round_mode, some forks ceil_mode.
  const std::string_view rounding = params.text("round_mode").value_or("CEIL");
  const bool round_down = rounding == "FLOOR" || rounding == "1" || !params.flag("ceil_mode", true);
  const bool any_padding = pad.h > 0 || pad.w > 0;
  const auto behind = [&](std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t before) {
    const std::int64_t out = caffe_windows(size, kernel, stride, before, any_padding, round_down);
    return (out - 1) * stride + kernel - size - before;  // padding that the last window needs
  };
  const std::int64_t bottom = behind(in[2], op.kernel.h, op.stride.h, pad.h);
  const std::int64_t right = behind(in[3], op.kernel.w, op.stride.w, pad.w);
  op.pad = {pad.h, pad.w, pad.h, pad.w};
  if (bottom <= pad.h && right <= pad.w) {
    // No window hangs over the padding: rounding does not matter, unless Caffe left one out.
    if (bottom + op.stride.h <= pad.h) op.pad.bottom = std::max<std::int64_t>(bottom, 0);
    if (right + op.stride.w <= pad.w) op.pad.right = std::max<std::int64_t>(right, 0);
    return op;
  }
  // Rounded up. The usual rule leaves windows in the padding out on either axis, Caffe only if
  // there is padding at all; and it lets a kernel hang over a smaller input.
  const auto usual = [](std::int64_t size, std::int64_t kernel, std::int64_t stride,
                        std::int64_t before, std::int64_t after) {
    const std::int64_t room = size + 2 * before - kernel;
    if (room < 0) return false;
    std::int64_t out = ceil_div(room, stride) + 1;
    if ((out - 1) * stride >= size + before) --out;
    return (out - 1) * stride + kernel - size - before == after;
  };
  if (usual(in[2], op.kernel.h, op.stride.h, pad.h, bottom) &&
      usual(in[3], op.kernel.w, op.stride.w, pad.w, right)) {
    op.ceil_mode = true;
  } else {
    op.pad.bottom = std::max<std::int64_t>(bottom, 0);
    op.pad.right = std::max<std::int64_t>(right, 0);
  }
  return op;
}

Normalization read_lrn(const TextMessage& params) {
  const std::int64_t size = params.whole("local_size").value_or(5);
  if (size < 1 || size > 1'000'000) throw bad_input("'local_size' is out of range");
  const std::string_view region = params.text("norm_region").value_or("ACROSS_CHANNELS");
  const bool within = region == "WITHIN_CHANNEL" || region == "1";
  return {NormMode::kLocalResponse, within ? size * size : size};
}

Elementwise read_eltwise(const TextMessage& params, std::size_t inputs) {
  const std::string_view operation = params.text("operation").value_or("SUM");
  Elementwise op;
  op.inputs = static_cast<std::int64_t>(inputs);
  if (operation == "PROD" || operation == "0") {
    op.mode = ElementwiseMode::kMul;
  } else if (operation == "MAX" || operation == "2") {
    op.mode = ElementwiseMode::kMax;
  } else if (operation != "SUM" && operation != "1") {
    throw bad_input("operation '" + std::string(operation) + "' is not PROD, SUM or MAX");
  }
  return op;
}

Shape reshaped(const TextMessage& params, const Shape& in, std::int64_t files_batch) {
  const auto rank = static_cast<std::int64_t>(in.rank());
  std::int64_t axis = params.whole("axis").value_or(0);
  if (axis < 0) axis += rank + 1;
  const std::int64_t count = params.whole("num_axes").value_or(-1);
  const std::int64_t end = count == -1 ? rank : axis + count;
  if (axis < 0 || axis > rank || count < -1 || end > rank)
    throw bad_input("'axis' and 'num_axes' do not fit the input " + in.to_string());
  std::vector<std::int64_t> sizes(in.begin(), in.begin() + axis);
  std::int64_t free_at = -1;
  const std::vector<std::int64_t> dims = dims_of(params);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    std::int64_t size = dims[i];
    if (axis == 0 && i == 0 && size == files_batch && rank > 0) size = in[0];
    if (size == 0) {
      const std::int64_t from = axis + static_cast<std::int64_t>(i);
      if (from >= rank) throw bad_input("a dim of 0 copies an axis that the input does not have");
      size = in[static_cast<std::size_t>(from)];
    } else if (size == -1) {
      if (free_at != -1) throw bad_input("more than one dim is -1");
      free_at = static_cast<std::int64_t>(sizes.size());
      size = 1;
    } else if (size < 0) {
      throw bad_input("a dim is negative");
    }
    sizes.push_back(size);
  }
  sizes.insert(sizes.end(), in.begin() + end, in.end());
  if (free_at != -1) {
    const std::int64_t others = Shape(sizes).element_count();
    if (others < 1) throw bad_input("the new shape is empty");
    sizes[static_cast<std::size_t>(free_at)] = in.element_count() / others;
  }
  return Shape(std::move(sizes));
}

Shape flattened(const TextMessage& params, const Shape& in) {
  const std::size_t first = read_axis(params, "axis", 1, in);
  const std::size_t last = read_axis(params, "end_axis", -1, in);
  if (last < first) throw bad_input("'end_axis' is before 'axis'");
  std::vector<std::int64_t> sizes(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(first));
  std::int64_t product = 1;
  for (std::size_t k = first; k <= last; ++k) product = checked_mul(product, in[k]);
  sizes.push_back(product);
  sizes.insert(sizes.end(), in.begin() + static_cast<std::ptrdiff_t>(last) + 1, in.end());
  return Shape(std::move(sizes));
}

Shape cropped(const TextMessage& params, const Shape& in, const Shape& like) {
  const std::size_t axis = read_axis(params, "axis", 2, in);
  if (like.rank() != in.rank()) throw bad_input("the two inputs have different ranks");
  Shape out = in;
  for (std::size_t k = axis; k < in.rank(); ++k) {
    if (like[k] > in[k])
      throw bad_input("cannot crop " + in.to_string() + " to " + like.to_string());
    out[k] = like[k];
  }
  return out;
}

Shape permuted(const TextMessage& params, const Shape& in) {
  std::vector<std::int64_t> sizes;
  std::vector<bool> used(in.rank(), false);
  for (std::int64_t axis : params.wholes("order")) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(in.rank()) ||
        used[static_cast<std::size_t>(axis)])
      throw bad_input("'order' is no permutation of the axes of " + in.to_string());
    used[static_cast<std::size_t>(axis)] = true;
    sizes.push_back(in[static_cast<std::size_t>(axis)]);
  }
  for (std::size_t k = 0; k < in.rank(); ++k)
    if (!used[k]) sizes.push_back(in[k]);
  return Shape(std::move(sizes));
}

Shape interpolated(const TextMessage& params, const Shape& in) {
  need_image(in);
  const std::int64_t pad =
      params.whole("pad_beg").value_or(0) + params.whole("pad_end").value_or(0);
  const auto shrink = params.whole("shrink_factor"), zoom = params.whole("zoom_factor");
  if ((shrink && *shrink < 1) || (zoom && *zoom < 1))
    throw bad_input("shrink_factor and zoom_factor must be at least 1");
  const auto resized = [&](std::int64_t size, const char* key) {
    if (const auto wanted = params.whole(key)) return *wanted;
    if (!shrink && !zoom) throw bad_input("the layer says neither size nor factor");
    size += pad;
    if (shrink) size = (size - 1) / *shrink + 1;
    if (zoom) size = checked_add(size, checked_mul(size - 1, *zoom - 1));
    return size;
  };
  const Shape out{in[0], in[1], resized(in[2], "height"), resized(in[3], "width")};
  if (out[2] < 1 || out[3] < 1) throw bad_input("the output is empty");
  return out;
}

Shape arg_max_shape(const TextMessage& params, const Shape& in) {
  const std::int64_t top = params.whole("top_k").value_or(1);
  if (top < 1) throw bad_input("'top_k' must be at least 1");
  if (params.find("axis") != nullptr) {
    Shape out = in;
    out[read_axis(params, "axis", 1, in)] = top;
    return out;
  }
  if (in.empty()) throw bad_input("needs a batch");
  std::vector<std::int64_t> sizes(std::max<std::size_t>(in.rank(), 3), 1);
  sizes[0] = in[0];
  sizes[1] = params.flag("out_max_val", false) ? 2 : 1;
  sizes[2] = top;
  return Shape(std::move(sizes));
}

Shape reduced(const TextMessage& params, const Shape& in) {
  const std::size_t axis = read_axis(params, "axis", 0, in);
  if (axis == 0) return Shape{1};
  return Shape(
      std::vector<std::int64_t>(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(axis)));
}

Shape tiled(const TextMessage& params, const Shape& in) {
  Shape out = in;
  const std::size_t axis = read_axis(params, "axis", 1, in);
  const std::int64_t tiles = need_whole(params, "tiles");
  if (tiles < 1) throw bad_input("'tiles' must be at least 1");
  out[axis] = checked_mul(out[axis], tiles);
  return out;
}

std::vector<Shape> sliced(const TextMessage& params, const Shape& in, std::size_t outputs) {
  const char* key = params.find("slice_dim") != nullptr ? "slice_dim" : "axis";
  const std::size_t axis = read_axis(params, key, 1, in);
  if (outputs == 0) throw bad_input("the layer has no top");
  std::vector<std::int64_t> ends = params.wholes("slice_point");
  if (ends.empty()) {
    if (in[axis] % static_cast<std::int64_t>(outputs) != 0)
      throw bad_input("cannot slice " + in.to_string() + " into " + std::to_string(outputs) +
                      " equal parts");
    for (std::size_t i = 1; i < outputs; ++i)
      ends.push_back(in[axis] / static_cast<std::int64_t>(outputs) * static_cast<std::int64_t>(i));
  }
  if (ends.size() + 1 != outputs)
    throw bad_input(std::to_string(outputs) + " tops need " + std::to_string(outputs - 1) +
                    " slice_points");
  ends.push_back(in[axis]);
  std::vector<Shape> shapes;
  std::int64_t start = 0;
  for (std::int64_t end : ends) {
    if (end <= start) throw bad_input("the slice_points do not grow within the input's axis");
    Shape part = in;
    part[axis] = end - start;
    shapes.push_back(std::move(part));
    start = end;
  }
  return shapes;
}

}  // namespace neuralpower
