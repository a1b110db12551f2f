// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/kernels.h"

#include <cmath>

#include "neuralpower/measure/backends/cudnn/kernel_parts.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::cuda {
namespace {

constexpr double kEpsilon = 1e-5;

// A kernel with one input of the layer's first shape, one way to run, and the layer's output.
Kernel simple(const Making& m, std::string implementation, Launch launch) {
  Kernel kernel;
  kernel.inputs = {tensor_of(m, m.in())};
  kernel.output = tensor_of(m, m.out);
  kernel.choices.push_back({std::move(implementation), 0, {std::move(launch)}});
  return kernel;
}

// As above, of tensors that lie row-major whatever the options say.
Kernel simple_plain(const Making& m, std::string implementation, Launch launch) {
  Kernel kernel = simple(m, std::move(implementation), std::move(launch));
  kernel.inputs[0].to_plain = nullptr;
  kernel.output.to_plain = nullptr;
  return kernel;
}

Tensor parameters(std::int64_t count, bool positive) {
  Tensor tensor;  // cuDNN wants them in single precision whatever the data is
  tensor.type = dnn::kFloat;
  tensor.count = static_cast<std::size_t>(count);
  tensor.positive = positive;
  return tensor;
}

Kernel pooling(const Making& m, const Pooling& op) {
  const Dims in = four_dims(m.in()), out = four_dims(m.out);
  Size2 kernel = op.kernel, stride = op.stride;
  Padding pad = op.pad;
  const bool adaptive = op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax;
  const bool is_max = op.mode == PoolMode::kMax || op.mode == PoolMode::kAdaptiveMax;
  if (adaptive) {
    if (in.h % out.h != 0 || in.w % out.w != 0)
      throw Unsupported{"cuDNN has no pooling windows of different sizes"};
    kernel = stride = {in.h / out.h, in.w / out.w};
    pad = {};
  } else if (op.dilation != Size2{}) {
    throw Unsupported{"cuDNN has no dilated pooling"};
  }
  const CudnnFunctions& f = m.device.api().dnn;
  void* made = nullptr;
  m.device.api().check_dnn(f.cudnnCreatePoolingDescriptor(&made), "making a descriptor");
  const Handle window(made, [destroy = f.cudnnDestroyPoolingDescriptor](void* d) { destroy(d); });
  const auto number = [](std::int64_t size) { return static_cast<int>(size); };
  const int status = f.cudnnSetPooling2dDescriptor(
      made, is_max ? dnn::kPoolMax : dnn::kPoolAverageExcludePadding, dnn::kNoNanPropagation,
      number(kernel.h), number(kernel.w), number(pad.top), number(pad.left), number(stride.h),
      number(stride.w));
  if (status != kSuccess)
    throw Unsupported{"cuDNN has no such pooling: " + m.device.api().explain_dnn(status)};
  // What the window meets below and on the right follows from the sizes alone.
  const Handle input = tensor_descriptor(m.device, m.type, in, m.options.channels_last);
  const Handle output = tensor_descriptor(m.device, m.type, out, m.options.channels_last);
  return simple(m, "cudnn pooling", [&device = m.device, window, input, output](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnPoolingForward(device.dnn(), window.get(), &kOne, input.get(),
                                                  p.inputs[0], &kZero, output.get(), p.output),
             "cudnnPoolingForward");
  });
}

Kernel batch_norm(const Making& m) {
  const Dims dims = four_dims(m.in());
  const Handle data = tensor_descriptor(m.device, m.type, dims, m.options.channels_last);
  const Handle channel =
      tensor_descriptor(m.device, dnn::kFloat, {1, dims.c, 1, 1}, m.options.channels_last);
  Kernel kernel =
      simple(m, "cudnn batch norm", [&device = m.device, data, channel](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnBatchNormalizationForwardInference(
                     device.dnn(), dnn::kBatchNormSpatial, &kOne, &kZero, data.get(), p.inputs[0],
                     data.get(), p.output, channel.get(), p.weights[2], p.weights[3], p.weights[0],
                     p.weights[1], kEpsilon),
                 "cudnnBatchNormalizationForwardInference");
      });
  kernel.weights = {parameters(dims.c, false), parameters(dims.c, true), parameters(dims.c, false),
                    parameters(dims.c, false)};
  return kernel;
}

Kernel local_response_norm(const Making& m, const Normalization& op) {
  const std::int64_t size = op.size == 0 ? 5 : op.size;
  const CudnnFunctions& f = m.device.api().dnn;
  void* made = nullptr;
  m.device.api().check_dnn(f.cudnnCreateLRNDescriptor(&made), "making a descriptor");
  const Handle norm(made, [destroy = f.cudnnDestroyLRNDescriptor](void* d) { destroy(d); });
  const int status = f.cudnnSetLRNDescriptor(made, static_cast<unsigned>(size), 1e-4, 0.75, 1);
  if (status != kSuccess)
    throw Unsupported{"cuDNN has no such LRN: " + m.device.api().explain_dnn(status)};
  const Handle data =
      tensor_descriptor(m.device, m.type, four_dims(m.in()), /*channels_last=*/false);
  return simple_plain(m, "cudnn lrn", [&device = m.device, norm, data](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnLRNCrossChannelForward(
                 device.dnn(), norm.get(), dnn::kLrnAcrossChannels, &kOne, data.get(), p.inputs[0],
                 &kZero, data.get(), p.output),
             "cudnnLRNCrossChannelForward");
  });
}

// Statistics over `rows` stretches of `width` cells, then a scale and a shift per cell of `affine`
// sizes (1 where they are shared), of data seen as `seen`.
Kernel norm_over_rows(const Making& m, const char* name, std::int64_t rows, std::int64_t width,
                      const Dims& seen, const Dims& affine) {
  const Handle data = tensor_descriptor(m.device, m.type, {1, rows, width, 1}, false);
  const Handle row = tensor_descriptor(m.device, dnn::kFloat, {1, rows, 1, 1}, false);
  const Handle whole = tensor_descriptor(m.device, m.type, seen, false);
  const Handle part = tensor_descriptor(m.device, m.type, affine, false);
  const Handle multiply = operation_descriptor(m.device, dnn::kOpMul);
  Kernel kernel = simple_plain(
      m, std::string("cudnn batch statistics as ") + name + " norm then scale then shift",
      [&device = m.device, data, row](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnBatchNormalizationForwardTraining(
                     device.dnn(), dnn::kBatchNormSpatial, &kOne, &kZero, data.get(), p.inputs[0],
                     data.get(), p.output, row.get(), p.weights[2], p.weights[3], 1, nullptr,
                     nullptr, kEpsilon, nullptr, nullptr),
                 "cudnnBatchNormalizationForwardTraining");
      });
  kernel.choices[0].launches.push_back(
      [&device = m.device, multiply, whole, part](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnOpTensor(device.dnn(), multiply.get(), &kOne, whole.get(),
                                                p.output, &kOne, part.get(), p.weights[0], &kZero,
                                                whole.get(), p.output),
                 "cudnnOpTensor");
      });
  kernel.choices[0].launches.push_back([&device = m.device, whole, part](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnAddTensor(device.dnn(), &kOne, part.get(), p.weights[1], &kOne,
                                             whole.get(), p.output),
             "cudnnAddTensor");
  });
  Tensor scale;
  scale.type = m.type;
  scale.count = static_cast<std::size_t>(affine.count());
  Tensor ones = parameters(rows, false);
  ones.constant = 1;
  Tensor zeros = ones;
  zeros.constant = 0;
  kernel.weights = {scale, scale, ones, zeros};
  return kernel;
}

Kernel normalization(const Making& m, const Normalization& op) {
  const Dims dims = four_dims(m.in());
  const std::int64_t pixels = dims.h * dims.w;
  switch (op.mode) {
    case NormMode::kBatch:
      return batch_norm(m);
    case NormMode::kLocalResponse:
      return local_response_norm(m, op);
    case NormMode::kLayer: {
      const std::int64_t width = m.in().back(), rows = m.in().element_count() / width;
      return norm_over_rows(m, "layer", rows, width, {1, rows, width, 1}, {1, 1, width, 1});
    }
    case NormMode::kInstance:
      return norm_over_rows(m, "instance", dims.n * dims.c, pixels, {dims.n, dims.c, pixels, 1},
                            {1, dims.c, 1, 1});
    case NormMode::kGroup: {
      const std::int64_t groups = op.size == 0 ? 32 : op.size;
      if (dims.c % groups != 0) throw Unsupported{"the groups do not divide the channels"};
      return norm_over_rows(m, "group", dims.n * groups, dims.c / groups * pixels,
                            {dims.n, dims.c, pixels, 1}, {1, dims.c, 1, 1});
    }
    case NormMode::kRms:
      break;
  }
  throw Unsupported{"cuDNN has no " + std::string(to_string(op.mode)) + " norm"};
}

Kernel activation(const Making& m, const Activation& op) {
  const Handle data =
      tensor_descriptor(m.device, m.type, four_dims(m.in()), m.options.channels_last);
  if (op.mode == ActivationMode::kSqrt) {
    const Handle root = operation_descriptor(m.device, dnn::kOpSqrt);
    Kernel kernel =
        simple(m, "cudnn op tensor", [&device = m.device, root, data](const Pointers& p) {
          must_dnn(device,
                   device.api().dnn.cudnnOpTensor(device.dnn(), root.get(), &kOne, data.get(),
                                                  p.inputs[0], &kOne, data.get(), p.inputs[0],
                                                  &kZero, data.get(), p.output),
                   "cudnnOpTensor");
        });
    kernel.inputs[0].positive = true;
    return kernel;
  }
  const Handle function = activation_descriptor(m.device, op.mode);
  return simple(m, "cudnn activation", [&device = m.device, function, data](const Pointers& p) {
    must_dnn(
        device,
        device.api().dnn.cudnnActivationForward(device.dnn(), function.get(), &kOne, data.get(),
                                                p.inputs[0], &kZero, data.get(), p.output),
        "cudnnActivationForward");
  });
}

Kernel elementwise(const Making& m, const Elementwise& op) {
  static constexpr float kMinus = -1;
  int operation = 0;
  const float* second = &kOne;
  switch (op.mode) {
    case ElementwiseMode::kSub:
      second = &kMinus;
      [[fallthrough]];
    case ElementwiseMode::kAdd:
      operation = dnn::kOpAdd;
      break;
    case ElementwiseMode::kMul:
      operation = dnn::kOpMul;
      break;
    case ElementwiseMode::kMax:
      operation = dnn::kOpMax;
      break;
    case ElementwiseMode::kMin:
      operation = dnn::kOpMin;
      break;
    default:
      throw Unsupported{"cuDNN has no element-wise " + std::string(to_string(op.mode))};
  }
  const Dims dims = four_dims(m.in());
  const Handle data = tensor_descriptor(m.device, m.type, dims, m.options.channels_last);
  const Handle channel =
      tensor_descriptor(m.device, m.type, {1, dims.c, 1, 1}, m.options.channels_last);
  const Handle combine = operation_descriptor(m.device, operation);
  Kernel kernel;
  kernel.output = tensor_of(m, m.out);
  Choice choice;
  choice.implementation = "cudnn op tensor";
  for (std::int64_t i = 0; i < op.inputs; ++i) {
    const bool spread = i >= op.inputs - op.broadcast;
    if (spread) {
      Tensor values = tensor_of(m, Shape{dims.c});
      kernel.inputs.push_back(values);
    } else {
      kernel.inputs.push_back(tensor_of(m, m.in()));
    }
    if (i == 0) continue;
    choice.launches.push_back([&device = m.device, combine, data, second, i,
                               right = spread ? channel : data](const Pointers& p) {
      const void* left = i == 1 ? p.inputs[0] : p.output;
      must_dnn(device,
               device.api().dnn.cudnnOpTensor(
                   device.dnn(), combine.get(), &kOne, data.get(), left, second, right.get(),
                   p.inputs[static_cast<std::size_t>(i)], &kZero, data.get(), p.output),
               "cudnnOpTensor");
    });
  }
  kernel.choices.push_back(std::move(choice));
  return kernel;
}

Kernel concat(const Making& m, const Concat& op) {
  Kernel kernel;
  kernel.output = tensor_of(m, m.out);
  Choice choice;
  choice.implementation = "cuda copies";
  // With channels last, every pixel's channels are a run; otherwise everything from the axis on.
  const bool last = m.options.channels_last && op.axis == 1 && is_image(m.out);
  if (m.options.channels_last && !last) kernel.output.to_plain = nullptr;
  const auto axis = static_cast<std::size_t>(op.axis);
  std::size_t rows = last ? static_cast<std::size_t>(m.out[0] * m.out[2] * m.out[3]) : 1;
  for (std::size_t i = 0; i < axis && !last; ++i) rows *= static_cast<std::size_t>(m.out[i]);
  const std::size_t cell = bytes_of_type(m.type);
  const std::size_t pitch = static_cast<std::size_t>(m.out.element_count()) / rows * cell;
  std::size_t offset = 0;
  for (std::size_t part = 0; part < m.config.inputs.size(); ++part) {
    Tensor tensor = tensor_of(m, m.in(part));
    if (!last) tensor.to_plain = nullptr;
    const std::size_t run = tensor.count / rows * cell;
    choice.launches.push_back(
        [&device = m.device, part, pitch, run, rows, offset](const Pointers& p) {
          must_run(device,
                   device.api().runtime.cudaMemcpy2DAsync(static_cast<char*>(p.output) + offset,
                                                          pitch, p.inputs[part], run, run, rows,
                                                          kDeviceToDevice, device.stream()),
                   "cudaMemcpy2DAsync");
        });
    kernel.inputs.push_back(std::move(tensor));
    offset += run;
  }
  kernel.choices.push_back(std::move(choice));
  return kernel;
}

Kernel softmax(const Making& m, const Softmax& op) {
  const auto rank = static_cast<std::int64_t>(m.in().rank());
  const auto axis = static_cast<std::size_t>(op.axis < 0 ? op.axis + rank : op.axis);
  const std::int64_t size = m.in()[axis], inner = m.in().element_count_from(axis + 1);
  const std::int64_t outer = m.in().element_count() / std::max<std::int64_t>(1, size * inner);
  const Handle data = tensor_descriptor(m.device, m.type, {outer, size, inner, 1}, false);
  return simple_plain(m, "cudnn softmax", [&device = m.device, data](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnSoftmaxForward(device.dnn(), dnn::kSoftmaxAccurate,
                                                  dnn::kSoftmaxChannel, &kOne, data.get(),
                                                  p.inputs[0], &kZero, data.get(), p.output),
             "cudnnSoftmaxForward");
  });
}

Kernel reduction(const Making& m, const Reduction& op) {
  int number = 0;
  switch (op.mode) {
    case ReduceMode::kMean:
      number = dnn::kReduceAverage;
      break;
    case ReduceMode::kSum:
      number = dnn::kReduceAdd;
      break;
    case ReduceMode::kMax:
      number = dnn::kReduceMax;
      break;
    case ReduceMode::kMin:
      number = dnn::kReduceMin;
      break;
    case ReduceMode::kProd:
      number = dnn::kReduceMul;
      break;
    case ReduceMode::kL1:
      number = dnn::kReduceNorm1;
      break;
    case ReduceMode::kL2:
      number = dnn::kReduceNorm2;
      break;
    default:
      throw Unsupported{"cuDNN has no reduction " + std::string(to_string(op.mode))};
  }
  const Shape& from = m.in();
  std::size_t kept = 0;
  while (kept < op.to.rank() && kept < from.rank() && op.to[kept] == from[kept]) ++kept;
  const std::int64_t inner = from.element_count_from(kept);
  const std::int64_t outer = op.to.element_count();
  if (inner * outer != from.element_count())
    throw Unsupported{"this back-end reduces the last axes only"};
  const CudnnFunctions& f = m.device.api().dnn;
  void* made = nullptr;
  m.device.api().check_dnn(f.cudnnCreateReduceTensorDescriptor(&made), "making a descriptor");
  const Handle reduce(made,
                      [destroy = f.cudnnDestroyReduceTensorDescriptor](void* d) { destroy(d); });
  m.device.api().check_dnn(
      f.cudnnSetReduceTensorDescriptor(made, number, dnn::kFloat, dnn::kNoNanPropagation,
                                       dnn::kNoIndices, dnn::kIndices32),
      "describing a reduction");
  const Handle input = tensor_descriptor(m.device, m.type, {outer, inner, 1, 1}, false);
  const Handle output = tensor_descriptor(m.device, m.type, {outer, 1, 1, 1}, false);
  std::size_t workspace = 0;
  const int status =
      f.cudnnGetReductionWorkspaceSize(m.device.dnn(), made, input.get(), output.get(), &workspace);
  if (status != kSuccess)
    throw Unsupported{"cuDNN has no such reduction: " + m.device.api().explain_dnn(status)};
  Kernel kernel =
      simple_plain(m, "cudnn reduction",
                   [&device = m.device, reduce, input, output, workspace](const Pointers& p) {
                     must_dnn(device,
                              device.api().dnn.cudnnReduceTensor(
                                  device.dnn(), reduce.get(), nullptr, 0, p.workspace, workspace,
                                  &kOne, input.get(), p.inputs[0], &kZero, output.get(), p.output),
                              "cudnnReduceTensor");
                   });
  kernel.choices[0].workspace = workspace;
  return kernel;
}

struct KernelOf {
  const Making& m;

  Kernel operator()(const Convolution& op) const { return make_convolution(m, op); }
  Kernel operator()(const TransposedConvolution& op) const {
    return make_transposed_convolution(m, op);
  }
  Kernel operator()(const Convolution3d&) const { return no_volumes(); }
  Kernel operator()(const TransposedConvolution3d&) const { return no_volumes(); }
  Kernel operator()(const Pooling3d&) const { return no_volumes(); }
  Kernel operator()(const FullyConnected& op) const { return make_fully_connected(m, op); }
  Kernel operator()(const MatMul&) const { return make_matrix_product(m); }
  Kernel operator()(const Attention&) const { return make_attention(m); }
  Kernel operator()(const Pooling& op) const { return pooling(m, op); }
  Kernel operator()(const Normalization& op) const { return normalization(m, op); }
  Kernel operator()(const Activation& op) const { return activation(m, op); }
  Kernel operator()(const Elementwise& op) const { return elementwise(m, op); }
  Kernel operator()(const Concat& op) const { return concat(m, op); }
  Kernel operator()(const Softmax& op) const { return softmax(m, op); }
  Kernel operator()(const Reduction& op) const { return reduction(m, op); }
  Kernel operator()(const Dropout&) const { throw Unsupported{"does nothing at inference time"}; }
  Kernel operator()(const View&) const { throw Unsupported{"costs nothing"}; }
  Kernel operator()(const DataMovement&) const {
    throw Unsupported{"the text does not say which cells move where"};
  }
  Kernel operator()(const Embedding&) const { throw Unsupported{"cuDNN has no table look-up"}; }
  Kernel operator()(const Recurrent&) const {
    throw Unsupported{"this back-end has no recurrent layers"};
  }
  Kernel operator()(const UnsupportedOp& op) const {
    throw Unsupported{"nobody knows the operation " + op.name};
  }
  [[noreturn]] static Kernel no_volumes() {
    throw Unsupported{"this back-end has no windows over three axes"};
  }
};

int cell_type(DataType type) {
  switch (type) {
    case DataType::kF32:
    case DataType::kTF32:
      return dnn::kFloat;
    case DataType::kF16:
      return dnn::kHalf;
    case DataType::kBF16:
      return dnn::kBfloat16;
    default:
      throw Unsupported{"this back-end runs f32, tf32, f16 and bf16, not " +
                        std::string(to_string(type))};
  }
}

bool appends_its_own(const Op& op) {
  return std::holds_alternative<Convolution>(op) ||
         std::holds_alternative<TransposedConvolution>(op) ||
         std::holds_alternative<FullyConnected>(op) || std::holds_alternative<MatMul>(op);
}

}  // namespace

Kernel make_kernel(const LayerConfig& config, const Device& device, const GpuOptions& options) {
  if (const auto* unknown = std::get_if<UnsupportedOp>(&config.op))
    throw Unsupported{"nobody knows the operation " + unknown->name};
  const Making m{config,
                 device,
                 options,
                 cell_type(config.dtype),
                 output_shape(config),
                 config.dtype == DataType::kTF32 || options.tf32};
  Kernel kernel = std::visit(KernelOf{m}, config.op);
  if (!appends_its_own(config.op)) append_post_operations(m, kernel);
  return kernel;
}

}  // namespace neuralpower::cuda
