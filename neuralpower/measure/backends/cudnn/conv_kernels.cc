// SPDX-License-Identifier: Apache-2.0
// Convolutions and their transposes.
#include <algorithm>
#include <cmath>

#include "neuralpower/measure/backends/cudnn/kernel_parts.h"

namespace neuralpower::cuda {
namespace {

constexpr std::size_t kAlignment = 256, kMostWorkspace = std::size_t{2} << 30;
constexpr std::array<const char*, dnn::kForwardAlgorithms> kForwardNames = {
    "implicit_gemm", "implicit_precomp_gemm", "gemm", "direct", "fft", "fft_tiling",
    "winograd",      "winograd_nonfused"};
constexpr std::array<const char*, dnn::kBackwardDataAlgorithms> kBackwardNames = {
    "algo_0", "algo_1", "fft", "fft_tiling", "winograd", "winograd_nonfused"};

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

Handle filter_descriptor(const Making& m, std::int64_t k, std::int64_t c, const Size2& kernel) {
  const CudnnFunctions& f = m.device.api().dnn;
  void* made = nullptr;
  m.device.api().check_dnn(f.cudnnCreateFilterDescriptor(&made), "making a descriptor");
  Handle handle(made, [destroy = f.cudnnDestroyFilterDescriptor](void* d) { destroy(d); });
  m.device.api().check_dnn(
      f.cudnnSetFilter4dDescriptor(made, m.type, m.options.channels_last ? dnn::kNhwc : dnn::kNchw,
                                   static_cast<int>(k), static_cast<int>(c),
                                   static_cast<int>(kernel.h), static_cast<int>(kernel.w)),
      "describing a filter");
  return handle;
}

template <typename Convolution>
Handle convolution_descriptor(const Making& m, const Convolution& op, const Size2& pad, int math) {
  const CudnnFunctions& f = m.device.api().dnn;
  void* made = nullptr;
  m.device.api().check_dnn(f.cudnnCreateConvolutionDescriptor(&made), "making a descriptor");
  Handle handle(made, [destroy = f.cudnnDestroyConvolutionDescriptor](void* d) { destroy(d); });
  const auto number = [](std::int64_t size) { return static_cast<int>(size); };
  m.device.api().check_dnn(
      f.cudnnSetConvolution2dDescriptor(made, number(pad.h), number(pad.w), number(op.stride.h),
                                        number(op.stride.w), number(op.dilation.h),
                                        number(op.dilation.w), dnn::kCrossCorrelation, dnn::kFloat),
      "describing a convolution");
  m.device.api().check_dnn(f.cudnnSetConvolutionGroupCount(made, number(op.groups)),
                           "setting the groups");
  m.device.api().check_dnn(f.cudnnSetConvolutionMathType(made, math), "setting the precision");
  return handle;
}

// As frameworks ask for it: half precision on tensor cores, single precision with TF32 or without.
int wanted_math(const Making& m) {
  if (m.type != dnn::kFloat) return dnn::kTensorOpMath;
  return m.tf32 ? dnn::kDefaultMath : dnn::kFmaMath;
}

// The math that goes with an algorithm; never TF32 where it is not wanted.
int math_of(const Making& m, int favourite) {
  return m.type == dnn::kFloat && !m.tf32 ? dnn::kFmaMath : favourite;
}

std::string math_name(int math) {
  if (math == dnn::kFmaMath) return "fma";
  return math == dnn::kDefaultMath ? "default_math" : "tensor_op";
}

// An algorithm of cuDNN for the convolution at hand.
struct Candidate {
  int algorithm = 0;
  std::string name;  // "winograd,fma"
  Handle convolution;
  std::size_t workspace = 0;
};

// Everything that both directions share; the functions of one differ from those of the other.
template <typename Convolution, std::size_t N>
std::vector<Candidate> candidates(
    const Making& m, const Convolution& op, const Size2& pad,
    const std::array<const char*, N>& names,
    const std::function<int(void* convolution, int* count, Performance* all)>& ask,
    const std::function<int(void* convolution, int algorithm, std::size_t*)>& workspace_of) {
  const Handle general = convolution_descriptor(m, op, pad, wanted_math(m));
  std::array<Performance, N> all{};
  int count = 0;
  const int status = ask(general.get(), &count, all.data());
  if (status != kSuccess)
    throw Unsupported{"cuDNN has no convolution for this: " + m.device.api().explain_dnn(status)};
  const std::string& policy = m.options.algorithm;
  const bool named = policy != "heuristic" && policy != "fastest";
  std::vector<Candidate> found;
  for (int i = 0; i < count; ++i) {
    const Performance& one = all[static_cast<std::size_t>(i)];
    if (one.status != kSuccess || one.algorithm < 0 || one.algorithm >= static_cast<int>(N))
      continue;
    const char* name = names[static_cast<std::size_t>(one.algorithm)];
    if (named && policy != name) continue;
    const int math = math_of(m, one.math_type);
    Candidate candidate;
    candidate.algorithm = one.algorithm;
    candidate.name = std::string(name) + "," + math_name(math);
    candidate.convolution = convolution_descriptor(m, op, pad, math);
    if (workspace_of(candidate.convolution.get(), one.algorithm, &candidate.workspace) !=
            kSuccess ||
        candidate.workspace > kMostWorkspace)
      continue;
    found.push_back(std::move(candidate));
  }
  if (found.empty())
    throw Unsupported{named ? "cuDNN does not offer the algorithm " + policy + " for this layer"
                            : "cuDNN offers no algorithm for this convolution"};
  return found;
}

Tensor filter_tensor(const Making& m, std::int64_t k, std::int64_t c, const Size2& kernel) {
  Tensor tensor;
  tensor.type = m.type;
  tensor.count = static_cast<std::size_t>(k * c * kernel.h * kernel.w);
  tensor.scale = std::sqrt(2.0f / static_cast<float>(c * kernel.h * kernel.w));
  if (m.options.channels_last) tensor.to_plain = from_channels_last({k, c, kernel.h, kernel.w});
  return tensor;
}

Tensor bias_tensor(const Making& m, std::int64_t channels) {
  Tensor tensor;
  tensor.type = m.type;
  tensor.count = static_cast<std::size_t>(channels);
  tensor.is_absent = m.config.post.empty();
  return tensor;
}

Launch add_bias(const Making& m, std::int64_t channels) {
  const Handle bias =
      tensor_descriptor(m.device, m.type, {1, channels, 1, 1}, m.options.channels_last);
  const Handle output =
      tensor_descriptor(m.device, m.type, four_dims(m.out), m.options.channels_last);
  return [&device = m.device, bias, output](const Pointers& p) {
    must_dnn(device,
             device.api().dnn.cudnnAddTensor(device.dnn(), &kOne, bias.get(), p.weights[1], &kOne,
                                             output.get(), p.output),
             "cudnnAddTensor");
  };
}

// What cuDNN can do in one call behind a convolution: bias, a sum, a ReLU.
struct FusedTail {
  bool possible = false, adds = false, relu = false;
};

FusedTail fused_tail(const std::vector<PostOp>& post) {
  FusedTail tail;
  std::size_t i = 0;
  const auto take = [&](PostOp::Kind kind) {
    const bool there = i < post.size() && post[i].kind == kind;
    if (there) ++i;
    return there;
  };
  take(PostOp::Kind::kNormalization);
  tail.adds = take(PostOp::Kind::kAdd);
  if (i < post.size() && post[i].kind == PostOp::Kind::kActivation &&
      post[i].activation == ActivationMode::kRelu) {
    tail.relu = true;
    ++i;
  }
  tail.possible = !post.empty() && i == post.size();
  return tail;
}

// The image with zeros around it, in the workspace.
struct PaddedCopy {
  Dims dims;
  std::size_t bytes = 0;
  std::vector<Launch> launches;
};

PaddedCopy padded_copy(const Making& m, const Dims& x, const Padding& pad) {
  PaddedCopy copy;
  copy.dims = {x.n, x.c, x.h + pad.top + pad.bottom, x.w + pad.left + pad.right};
  const std::size_t cell = bytes_of_type(m.type);
  const std::size_t all = static_cast<std::size_t>(copy.dims.count()) * cell;
  copy.bytes = aligned(all);
  const bool last = m.options.channels_last;
  const std::int64_t start = (pad.top * copy.dims.w + pad.left) * (last ? copy.dims.c : 1) *
                             static_cast<std::int64_t>(cell);
  const Handle from = tensor_descriptor(m.device, m.type, x, last);
  const Handle to = window_descriptor(m.device, m.type, x, copy.dims, last);
  copy.launches = {
      [&device = m.device, all](const Pointers& p) {
        must_run(device, device.api().runtime.cudaMemsetAsync(p.workspace, 0, all, device.stream()),
                 "cudaMemsetAsync");
      },
      [&device = m.device, from, to, start](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnTransformTensor(device.dnn(), &kOne, from.get(), p.inputs[0],
                                                       &kZero, to.get(), p.workspace + start),
                 "cudnnTransformTensor");
      }};
  return copy;
}

}  // namespace

Kernel make_convolution(const Making& m, const Convolution& op) {
  const Device& device = m.device;
  const CudnnFunctions& f = device.api().dnn;
  const bool last = m.options.channels_last;
  Dims x = four_dims(m.in());
  const Dims y = four_dims(m.out);
  const bool even = op.pad.top == op.pad.bottom && op.pad.left == op.pad.right;
  PaddedCopy copy;
  if (!even) {
    copy = padded_copy(m, x, op.pad);
    x = copy.dims;
  }
  const Size2 pad = even ? Size2{op.pad.top, op.pad.left} : Size2{0, 0};
  const std::int64_t per_group = x.c / op.groups;
  const Handle input = tensor_descriptor(device, m.type, x, last);
  const Handle output = tensor_descriptor(device, m.type, y, last);
  const Handle filter = filter_descriptor(m, y.c, per_group, op.kernel);

  Kernel kernel;
  kernel.inputs = {tensor_of(m, m.in())};
  kernel.weights = {filter_tensor(m, y.c, per_group, op.kernel), bias_tensor(m, y.c)};
  kernel.output = tensor_of(m, m.out);
  const FusedTail tail = fused_tail(m.config.post);
  const auto all = candidates(
      m, op, pad, kForwardNames,
      [&](void* convolution, int* count, Performance* found) {
        return f.cudnnGetConvolutionForwardAlgorithm_v7(device.dnn(), input.get(), filter.get(),
                                                        convolution, output.get(),
                                                        dnn::kForwardAlgorithms, count, found);
      },
      [&](void* convolution, int algorithm, std::size_t* bytes) {
        return f.cudnnGetConvolutionForwardWorkspaceSize(
            device.dnn(), input.get(), filter.get(), convolution, output.get(), algorithm, bytes);
      });
  const auto source = [even](const Pointers& p) -> const void* {
    return even ? p.inputs[0] : p.workspace;
  };
  std::vector<Choice> fused, apart;
  for (const Candidate& one : all) {
    Choice choice;
    choice.workspace = copy.bytes + one.workspace;
    choice.launches = copy.launches;
    const std::string start = even ? "" : "pad then ";
    if (tail.possible) {
      Choice together = choice;
      together.implementation = start + one.name + " with bias" + (tail.adds ? ", add" : "") +
                                (tail.relu ? ", relu" : "");
      Handle activation;
      if (tail.relu) {
        activation = activation_descriptor(device, ActivationMode::kRelu);
      } else {
        void* made = nullptr;
        device.api().check_dnn(f.cudnnCreateActivationDescriptor(&made), "making a descriptor");
        activation =
            Handle(made, [destroy = f.cudnnDestroyActivationDescriptor](void* d) { destroy(d); });
        device.api().check_dnn(
            f.cudnnSetActivationDescriptor(made, dnn::kIdentity, dnn::kNoNanPropagation, 0),
            "describing an activation");
      }
      const Handle bias = tensor_descriptor(device, m.type, {1, y.c, 1, 1}, last);
      together.launches.push_back([&device, one, input, filter, output, activation, bias, source,
                                   tail, offset = copy.bytes](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnConvolutionBiasActivationForward(
                     device.dnn(), &kOne, input.get(), source(p), filter.get(), p.weights[0],
                     one.convolution.get(), one.algorithm, p.workspace + offset, one.workspace,
                     tail.adds ? &kOne : &kZero, output.get(), tail.adds ? p.inputs[1] : p.output,
                     bias.get(), p.weights[1], activation.get(), output.get(), p.output),
                 "cudnnConvolutionBiasActivationForward");
      });
      fused.push_back(std::move(together));
    }
    choice.implementation = start + one.name;
    choice.launches.push_back(
        [&device, one, input, filter, output, source, offset = copy.bytes](const Pointers& p) {
          must_dnn(device,
                   device.api().dnn.cudnnConvolutionForward(
                       device.dnn(), &kOne, input.get(), source(p), filter.get(), p.weights[0],
                       one.convolution.get(), one.algorithm, p.workspace + offset, one.workspace,
                       &kZero, output.get(), p.output),
                   "cudnnConvolutionForward");
        });
    if (!m.config.post.empty()) {
      choice.launches.push_back(add_bias(m, y.c));
      choice.implementation += " then bias";
    }
    apart.push_back(std::move(choice));
  }
  kernel.choices = std::move(apart);
  append_post_operations(m, kernel);
  // One call where cuDNN has it, of whatever algorithm, before any sequence of calls.
  kernel.choices.insert(kernel.choices.begin(), fused.begin(), fused.end());
  return kernel;
}

Kernel make_transposed_convolution(const Making& m, const TransposedConvolution& op) {
  if (op.pad.top != op.pad.bottom || op.pad.left != op.pad.right)
    throw Unsupported{"cuDNN pads a transposed convolution alike on both sides"};
  const Device& device = m.device;
  const CudnnFunctions& f = device.api().dnn;
  const bool last = m.options.channels_last;
  const Dims x = four_dims(m.in()), y = four_dims(m.out);
  const std::int64_t per_out = y.c / op.groups;
  const Handle input = tensor_descriptor(device, m.type, x, last);
  const Handle output = tensor_descriptor(device, m.type, y, last);
  // The filter of the convolution whose gradient this is: from our outputs to our inputs.
  const Handle filter = filter_descriptor(m, x.c, per_out, op.kernel);

  Kernel kernel;
  kernel.inputs = {tensor_of(m, m.in())};
  kernel.weights = {filter_tensor(m, x.c, per_out, op.kernel), bias_tensor(m, y.c)};
  kernel.weights[0].to_plain = [lying = kernel.weights[0].to_plain, groups = op.groups, per_out,
                                per_in = x.c / op.groups,
                                window = op.kernel.h * op.kernel.w](const std::vector<float>& all) {
    const std::vector<float> in_first = lying ? lying(all) : all;
    std::vector<float> out_first(all.size());
    for (std::int64_t g = 0; g < groups; ++g)
      for (std::int64_t ci = 0; ci < per_in; ++ci)
        for (std::int64_t co = 0; co < per_out; ++co)
          for (std::int64_t i = 0; i < window; ++i)
            out_first[static_cast<std::size_t>(((g * per_out + co) * per_in + ci) * window + i)] =
                in_first[static_cast<std::size_t>(((g * per_in + ci) * per_out + co) * window + i)];
    return out_first;
  };
  kernel.output = tensor_of(m, m.out);
  const auto all = candidates(
      m, op, {op.pad.top, op.pad.left}, kBackwardNames,
      [&](void* convolution, int* count, Performance* found) {
        return f.cudnnGetConvolutionBackwardDataAlgorithm_v7(
            device.dnn(), filter.get(), input.get(), convolution, output.get(),
            dnn::kBackwardDataAlgorithms, count, found);
      },
      [&](void* convolution, int algorithm, std::size_t* bytes) {
        return f.cudnnGetConvolutionBackwardDataWorkspaceSize(
            device.dnn(), filter.get(), input.get(), convolution, output.get(), algorithm, bytes);
      });
  for (const Candidate& one : all) {
    Choice choice{one.name, one.workspace, {}};
    choice.launches.push_back([&device, one, input, filter, output](const Pointers& p) {
      must_dnn(device,
               device.api().dnn.cudnnConvolutionBackwardData(
                   device.dnn(), &kOne, filter.get(), p.weights[0], input.get(), p.inputs[0],
                   one.convolution.get(), one.algorithm, p.workspace, one.workspace, &kZero,
                   output.get(), p.output),
               "cudnnConvolutionBackwardData");
    });
    if (!m.config.post.empty()) {
      choice.launches.push_back(add_bias(m, y.c));
      choice.implementation += " then bias";
    }
    kernel.choices.push_back(std::move(choice));
  }
  append_post_operations(m, kernel);
  return kernel;
}

}  // namespace neuralpower::cuda
