// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/shape_inference.h"

#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

void require(bool fits, const char* message) {
  if (!fits) throw bad_input(message);
}

void require_rank(const std::vector<Shape>& inputs, std::size_t rank, const char* what) {
  require(!inputs.empty(), "the layer has no input");
  if (inputs[0].rank() != rank)
    throw bad_input(std::string(what) + " needs an input of " + std::to_string(rank) +
                    " dimensions (batch first), not " + inputs[0].to_string());
}

template <typename AnyConvolution>
void check_convolution(const AnyConvolution& op, const Shape& in) {
  if (op.out_channels < 1) throw bad_input("the number of output channels is not positive");
  if (op.groups < 1) throw bad_input("groups is not positive");
  if (in[1] < 1) throw bad_input("the input has no channels");
  if (in[1] % op.groups != 0 || op.out_channels % op.groups != 0)
    throw bad_input("groups " + std::to_string(op.groups) + " does not divide the channels " +
                    std::to_string(in[1]) + " -> " + std::to_string(op.out_channels));
}

// Output extent of a transposed convolution along one axis.
std::int64_t transposed_output(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                               std::int64_t before, std::int64_t after, std::int64_t dilation,
                               std::int64_t output_pad) {
  require(kernel >= 1 && stride >= 1 && dilation >= 1, "kernel, stride and dilation must be >= 1");
  require(before >= 0 && after >= 0 && output_pad >= 0, "padding must not be negative");
  require(in >= 1, "the input is empty along a spatial axis");
  std::int64_t out =
      checked_add(checked_mul(in - 1, stride), checked_add(checked_mul(dilation, kernel - 1), 1));
  out = checked_add(checked_add(checked_add(out, output_pad), -before), -after);
  require(out >= 1, "the padding removes the whole output");
  return out;
}

struct OutputShape {
  const std::vector<Shape>& inputs;

  Shape operator()(const Convolution& op) const {
    require_rank(inputs, 4, "conv");
    const Shape& in = inputs[0];
    check_convolution(op, in);
    return {
        in[0], op.out_channels,
        window_output(in[2], op.kernel.h, op.stride.h, op.pad.top, op.pad.bottom, op.dilation.h),
        window_output(in[3], op.kernel.w, op.stride.w, op.pad.left, op.pad.right, op.dilation.w)};
  }

  Shape operator()(const TransposedConvolution& op) const {
    require_rank(inputs, 4, "deconv");
    const Shape& in = inputs[0];
    check_convolution(op, in);
    return {in[0], op.out_channels,
            transposed_output(in[2], op.kernel.h, op.stride.h, op.pad.top, op.pad.bottom,
                              op.dilation.h, op.output_pad.h),
            transposed_output(in[3], op.kernel.w, op.stride.w, op.pad.left, op.pad.right,
                              op.dilation.w, op.output_pad.w)};
  }

  Shape operator()(const Convolution3d& op) const {
    require_rank(inputs, 5, "conv3d");
    check_convolution(op, inputs[0]);
    return slide(op, op.out_channels, false);
  }

  Shape operator()(const TransposedConvolution3d& op) const {
    require_rank(inputs, 5, "deconv3d");
    const Shape& in = inputs[0];
    check_convolution(op, in);
    const auto along = [&](std::size_t axis, std::int64_t Size3::*at) {
      return transposed_output(in[axis], op.kernel.*at, op.stride.*at, op.pad.before.*at,
                               op.pad.after.*at, op.dilation.*at, op.output_pad.*at);
    };
    return {in[0], op.out_channels, along(2, &Size3::d), along(3, &Size3::h), along(4, &Size3::w)};
  }

  Shape operator()(const FullyConnected& op) const {
    require(!inputs.empty() && inputs[0].rank() >= 2, "fc needs an input of batch x features");
    require(op.outputs >= 1, "the number of outputs is not positive");
    require(inputs[0].element_count_from(1) >= 1, "fc has no input features");
    return {inputs[0][0], op.outputs};
  }

  Shape operator()(const MatMul&) const {
    require(inputs.size() == 2 && inputs[0].rank() == 3 && inputs[1].rank() == 3,
            "matmul needs two inputs, batch x m x k and batch x k x n");
    const Shape &a = inputs[0], &b = inputs[1];
    if (a[0] != b[0] || a[2] != b[1])
      throw bad_input("matmul of " + a.to_string() + " and " + b.to_string() + " does not fit");
    return {a[0], a[1], b[2]};
  }

  Shape operator()(const Pooling& op) const {
    require_rank(inputs, 4, "pool");
    const Shape& in = inputs[0];
    if (op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax) {
      require(op.out.h >= 1 && op.out.w >= 1, "the output size of adaptive pooling must be >= 1");
      require(in[2] >= 1 && in[3] >= 1, "the input is empty along a spatial axis");
      return {in[0], in[1], op.out.h, op.out.w};
    }
    return {in[0], in[1],
            window_output(in[2], op.kernel.h, op.stride.h, op.pad.top, op.pad.bottom, op.dilation.h,
                          op.ceil_mode),
            window_output(in[3], op.kernel.w, op.stride.w, op.pad.left, op.pad.right, op.dilation.w,
                          op.ceil_mode)};
  }

  Shape operator()(const Pooling3d& op) const {
    require_rank(inputs, 5, "pool3d");
    require(op.mode == PoolMode::kMax || op.mode == PoolMode::kAverage,
            "the mode of pool3d is max or avg");
    return slide(op, inputs[0][1], op.ceil_mode);
  }

  // What a window over a volume writes.
  template <typename Windows>
  Shape slide(const Windows& op, std::int64_t channels, bool ceil_mode) const {
    const Shape& in = inputs[0];
    const auto along = [&](std::size_t axis, std::int64_t Size3::*at) {
      return window_output(in[axis], op.kernel.*at, op.stride.*at, op.pad.before.*at,
                           op.pad.after.*at, op.dilation.*at, ceil_mode);
    };
    return {in[0], channels, along(2, &Size3::d), along(3, &Size3::h), along(4, &Size3::w)};
  }

  Shape operator()(const Normalization& op) const {
    require(!inputs.empty() && inputs[0].rank() >= 2,
            "norm needs an input of batch x channels ...");
    require(op.size >= 0, "the size of a normalisation must not be negative");
    if (op.mode == NormMode::kGroup)
      require(op.size >= 1 && inputs[0][1] % op.size == 0,
              "the number of groups does not divide the channels");
    return inputs[0];
  }

  Shape operator()(const Activation&) const {
    require(!inputs.empty(), "the layer has no input");
    return inputs[0];
  }

  Shape operator()(const Elementwise& op) const {
    require(inputs.size() == 1, "an element-wise layer is described by its result's shape alone");
    require(op.inputs >= 1 && op.inputs <= 1'000'000, "inputs must be at least 1");
    require(op.broadcast >= 0 && op.broadcast <= op.inputs,
            "broadcast must be between 0 and the number of inputs");
    return inputs[0];
  }

  Shape operator()(const Concat& op) const {
    require(!inputs.empty(), "the layer has no input");
    Shape out = inputs[0];
    require(op.axis >= 0 && static_cast<std::size_t>(op.axis) < out.rank(),
            "concat along an axis that the inputs do not have");
    const auto axis = static_cast<std::size_t>(op.axis);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      Shape part = inputs[i];
      bool fits = part.rank() == out.rank();
      for (std::size_t k = 0; fits && k < out.rank(); ++k) fits = k == axis || part[k] == out[k];
      if (!fits)
        throw bad_input("concat of " + inputs[0].to_string() + " and " + part.to_string() +
                        " along axis " + std::to_string(op.axis) + " does not fit");
      out[axis] = checked_add(out[axis], part[axis]);
    }
    return out;
  }

  Shape operator()(const Softmax& op) const {
    require(!inputs.empty() && !inputs[0].empty(), "softmax needs an input");
    const auto rank = static_cast<std::int64_t>(inputs[0].rank());
    require(op.axis >= -rank && op.axis < rank,
            "softmax along an axis that the input does not have");
    return inputs[0];
  }

  Shape operator()(const Dropout& op) const {
    require(!inputs.empty(), "the layer has no input");
    require(op.keep >= 0 && op.keep <= 1, "keep must be between 0 and 1");
    return inputs[0];
  }

  Shape operator()(const Reduction& op) const {
    require(!inputs.empty(), "the layer has no input");
    return op.to;
  }

  Shape operator()(const View& op) const {
    require(!inputs.empty(), "the layer has no input");
    if (op.to.element_count() != inputs[0].element_count())
      throw bad_input("a view of " + inputs[0].to_string() + " cannot have shape " +
                      op.to.to_string());
    return op.to;
  }

  Shape operator()(const DataMovement& op) const { return op.to; }

  Shape operator()(const Embedding& op) const {
    require(!inputs.empty(), "the layer has no input");
    require(op.rows >= 1 && op.width >= 1, "an embedding needs rows and a width");
    std::vector<std::int64_t> sizes = inputs[0].sizes();
    sizes.push_back(op.width);
    return Shape(std::move(sizes));
  }

  Shape operator()(const Recurrent& op) const {
    require_rank(inputs, 3, "recurrent");
    require(op.hidden >= 1, "hidden must be positive");
    require(op.directions == 1 || op.directions == 2, "directions must be 1 or 2");
    return {inputs[0][0], inputs[0][1], checked_mul(op.hidden, op.directions)};
  }

  Shape operator()(const Attention&) const {
    require(inputs.size() == 2 && inputs[0].rank() == 4 && inputs[1].rank() == 4,
            "attention needs queries and keys of batch x heads x length x width");
    const Shape &q = inputs[0], &k = inputs[1];
    require(q[0] == k[0] && q[1] == k[1] && q[3] == k[3], "queries and keys do not fit");
    return q;
  }

  Shape operator()(const UnsupportedOp& op) const {
    throw bad_input("operation '" + op.name + "' is not known, so its shape is not either");
  }
};

}  // namespace

std::int64_t window_output(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                           std::int64_t before, std::int64_t after, std::int64_t dilation,
                           bool ceil_mode) {
  if (stride < 1)
    throw bad_input("stride is " + std::to_string(stride) + "; it must be at least 1");
  if (kernel < 1)
    throw bad_input("kernel is " + std::to_string(kernel) + "; it must be at least 1");
  if (dilation < 1)
    throw bad_input("dilation is " + std::to_string(dilation) + "; it must be at least 1");
  if (before < 0 || after < 0) throw bad_input("padding must not be negative");
  const std::int64_t extent = checked_add(checked_mul(kernel - 1, dilation), 1);
  const std::int64_t padded = checked_add(checked_add(in, before), after);
  if (in < 1 || padded < extent)
    throw bad_input("the kernel covers " + std::to_string(extent) + " but the padded input only " +
                    std::to_string(padded));
  const std::int64_t room = padded - extent;
  if (!ceil_mode) return room / stride + 1;
  std::int64_t out = ceil_div(room, stride) + 1;
  // The last window must start inside the input or the padding before it.
  if ((out - 1) * stride >= checked_add(in, before)) --out;
  return out;
}

Shape output_shape(const LayerConfig& config) {
  Shape shape = std::visit(OutputShape{config.inputs}, config.op);
  shape.element_count();  // checks for overflow
  return shape;
}

LayerConfig make_layer_config(Op op, std::vector<Shape> inputs, DataType dtype) {
  LayerConfig config{std::move(op), std::move(inputs), dtype, {}};
  for (const Shape& input : config.inputs) {
    if (input.empty()) throw bad_input("an input has no batch dimension");
    input.element_count();
  }
  if (!std::holds_alternative<UnsupportedOp>(config.op)) {
    output_shape(config);
    count_work(config);
  }
  return config;
}

}  // namespace neuralpower
