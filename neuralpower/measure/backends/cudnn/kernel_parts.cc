// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/kernel_parts.h"

#include <limits>

namespace neuralpower::cuda {
namespace {

int to_int(std::int64_t size) {
  if (size > std::numeric_limits<int>::max())
    throw Unsupported{"a tensor has more cells than cuDNN counts"};
  return static_cast<int>(size);
}

Handle owned(const Device& device, int (*create)(void**), int (*destroy)(void*)) {
  void* made = nullptr;
  device.api().check_dnn(create(&made), "making a descriptor");
  return {made, [destroy](void* descriptor) { destroy(descriptor); }};
}

[[noreturn]] void refuse(const char* call, const std::string& reason) {
  throw LaunchFailure{std::string(call) + ": " + reason};
}

Launch activation_in_place(const Making& m, ActivationMode mode) {
  const Handle activation = activation_descriptor(m.device, mode);
  const Handle output =
      tensor_descriptor(m.device, m.type, four_dims(m.out), m.options.channels_last);
  return [&device = m.device, activation, output](const Pointers& p) {
    must_dnn(
        device,
        device.api().dnn.cudnnActivationForward(device.dnn(), activation.get(), &kOne, output.get(),
                                                p.output, &kZero, output.get(), p.output),
        "cudnnActivationForward");
  };
}

Launch operation_in_place(const Making& m, int operation, std::size_t operand) {
  const Handle op = operation_descriptor(m.device, operation);
  const Handle output =
      tensor_descriptor(m.device, m.type, four_dims(m.out), m.options.channels_last);
  return [&device = m.device, op, output, operand](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnOpTensor(device.dnn(), op.get(), &kOne, output.get(), p.output,
                                            &kOne, output.get(), p.inputs[operand], &kZero,
                                            output.get(), p.output),
             "cudnnOpTensor");
  };
}

}  // namespace

void must_dnn(const Device& device, int status, const char* call) {
  if (status != kSuccess) refuse(call, device.api().explain_dnn(status));
}
void must_blas(const Device& device, int status, const char* call) {
  if (status != kSuccess) refuse(call, device.api().explain_blas(status));
}
void must_run(const Device& device, int status, const char* call) {
  if (status != kSuccess) refuse(call, device.api().explain(status));
}

Handle window_descriptor(const Device& device, int type, const Dims& d, const Dims& whole,
                         bool channels_last) {
  const CudnnFunctions& dnn = device.api().dnn;
  Handle made = owned(device, dnn.cudnnCreateTensorDescriptor, dnn.cudnnDestroyTensorDescriptor);
  const std::int64_t n = whole.c * whole.h * whole.w;
  const std::int64_t c = channels_last ? 1 : whole.h * whole.w;
  const std::int64_t h = channels_last ? whole.w * whole.c : whole.w;
  const std::int64_t w = channels_last ? whole.c : 1;
  to_int(whole.count());
  device.api().check_dnn(
      dnn.cudnnSetTensor4dDescriptorEx(made.get(), type, to_int(d.n), to_int(d.c), to_int(d.h),
                                       to_int(d.w), to_int(n), to_int(c), to_int(h), to_int(w)),
      "describing a tensor");
  return made;
}

Handle tensor_descriptor(const Device& device, int type, const Dims& dims, bool channels_last) {
  return window_descriptor(device, type, dims, dims, channels_last);
}

Handle activation_descriptor(const Device& device, ActivationMode mode) {
  int number = 0;
  double parameter = 0;
  switch (mode) {
    case ActivationMode::kRelu:
      number = dnn::kRelu;
      break;
    case ActivationMode::kSigmoid:
      number = dnn::kSigmoid;
      break;
    case ActivationMode::kTanh:
      number = dnn::kTanh;
      break;
    case ActivationMode::kElu:
    case ActivationMode::kCelu:
      number = dnn::kElu;
      parameter = 1;
      break;
    case ActivationMode::kClip:
      number = dnn::kClippedRelu;
      parameter = 6;
      break;
    case ActivationMode::kSilu:
      number = dnn::kSwish;
      parameter = 1;
      break;
    default:
      throw Unsupported{"cuDNN has no activation " + std::string(to_string(mode))};
  }
  const CudnnFunctions& f = device.api().dnn;
  Handle made =
      owned(device, f.cudnnCreateActivationDescriptor, f.cudnnDestroyActivationDescriptor);
  device.api().check_dnn(
      f.cudnnSetActivationDescriptor(made.get(), number, dnn::kNoNanPropagation, parameter),
      "describing an activation");
  if (mode == ActivationMode::kSilu)
    device.api().check_dnn(f.cudnnSetActivationDescriptorSwishBeta(made.get(), 1),
                           "describing an activation");
  return made;
}

Handle operation_descriptor(const Device& device, int operation) {
  const CudnnFunctions& f = device.api().dnn;
  Handle made = owned(device, f.cudnnCreateOpTensorDescriptor, f.cudnnDestroyOpTensorDescriptor);
  device.api().check_dnn(
      f.cudnnSetOpTensorDescriptor(made.get(), operation, dnn::kFloat, dnn::kNoNanPropagation),
      "describing an operation");
  return made;
}

Dims four_dims(const Shape& shape) {
  Dims dims;
  if (shape.rank() > 0) dims.n = shape[0];
  if (shape.rank() > 1) dims.c = shape[1];
  if (is_image(shape)) {
    dims.h = shape[2];
    dims.w = shape[3];
  } else if (shape.rank() > 2) {
    dims.h = shape.element_count_from(2);
  }
  return dims;
}

bool is_image(const Shape& shape) { return shape.rank() == 4; }

std::function<std::vector<float>(const std::vector<float>&)> from_channels_last(const Dims& d) {
  return [d](const std::vector<float>& lying) {
    std::vector<float> plain(lying.size());
    const std::int64_t pixels = d.h * d.w;
    for (std::int64_t n = 0; n < d.n; ++n)
      for (std::int64_t c = 0; c < d.c; ++c)
        for (std::int64_t i = 0; i < pixels; ++i)
          plain[static_cast<std::size_t>((n * d.c + c) * pixels + i)] =
              lying[static_cast<std::size_t>((n * pixels + i) * d.c + c)];
    return plain;
  };
}

Tensor tensor_of(const Making& m, const Shape& shape) {
  Tensor tensor;
  tensor.count = static_cast<std::size_t>(shape.element_count());
  tensor.type = m.type;
  // Longer ones than images lie with their channels last as well, as four_dims sees them.
  if (m.options.channels_last && shape.rank() > 2)
    tensor.to_plain = from_channels_last(four_dims(shape));
  return tensor;
}

void append_post_operations(const Making& m, Kernel& kernel, std::size_t first) {
  for (std::size_t i = first; i < m.config.post.size(); ++i) {
    const PostOp& post = m.config.post[i];
    Launch launch;
    std::string name;
    switch (post.kind) {
      case PostOp::Kind::kNormalization:  // folded into weights and bias
        continue;
      case PostOp::Kind::kActivation:
        launch = activation_in_place(m, post.activation);
        name = to_string(post.activation);
        break;
      case PostOp::Kind::kAdd:
      case PostOp::Kind::kMul: {
        const bool is_add = post.kind == PostOp::Kind::kAdd;
        launch = operation_in_place(m, is_add ? dnn::kOpAdd : dnn::kOpMul, kernel.inputs.size());
        kernel.inputs.push_back(tensor_of(m, m.out));
        name = is_add ? "add" : "mul";
        break;
      }
    }
    for (Choice& choice : kernel.choices) {
      choice.launches.push_back(launch);
      choice.implementation += " then " + name;
    }
  }
}

}  // namespace neuralpower::cuda
