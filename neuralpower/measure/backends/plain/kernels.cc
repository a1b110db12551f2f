// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/kernels.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "neuralpower/measure/backends/plain/image_kernels.h"
#include "neuralpower/measure/backends/plain/movement_kernels.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::plain {
namespace {

using Index = std::int64_t;
using KernelOrSkip = std::variant<Kernel, Skip>;

constexpr float kEpsilon = 1e-5f;

std::size_t cells(const Shape& shape) { return static_cast<std::size_t>(shape.element_count()); }

Kernel loops(std::vector<Tensor> inputs, std::size_t output) {
  Kernel kernel;
  kernel.implementation = "loops";
  kernel.inputs = std::move(inputs);
  kernel.output = output;
  return kernel;
}

struct RowStatistics {
  float mean = 0, scale = 1;
};

RowStatistics statistics(const float* x, Index width, bool with_mean) {
  RowStatistics of;
  float variance = 0;
  for (Index i = 0; i < width && with_mean; ++i) of.mean += x[i];
  of.mean /= static_cast<float>(width);
  for (Index i = 0; i < width; ++i) variance += (x[i] - of.mean) * (x[i] - of.mean);
  of.scale = 1 / std::sqrt(variance / static_cast<float>(width) + kEpsilon);
  return of;
}

// A function of one element; the compiler sees it and can make vectors of the loop.
template <typename Function>
Kernel map(const Shape& shape, bool positive, Function function) {
  Kernel kernel = loops({{cells(shape), 1, positive}}, cells(shape));
  kernel.run = [function, count = shape.element_count()](const Pointers& p) {
    const float* in = p.inputs[0];
    float* out = p.output;
#pragma omp parallel for simd schedule(static)
    for (Index i = 0; i < count; ++i) out[i] = function(in[i]);
  };
  return kernel;
}

std::optional<Kernel> activation(ActivationMode mode, const Shape& shape) {
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  switch (mode) {
    case ActivationMode::kRelu:
      return map(shape, false, [](float x) { return x > 0 ? x : 0.0f; });
    case ActivationMode::kSigmoid:
      return map(shape, false, sigmoid);
    case ActivationMode::kTanh:
      return map(shape, false, [](float x) { return std::tanh(x); });
    case ActivationMode::kLeakyRelu:
      return map(shape, false, [](float x) { return x > 0 ? x : 0.01f * x; });
    case ActivationMode::kElu:
    case ActivationMode::kCelu:
      return map(shape, false, [](float x) { return x > 0 ? x : std::expm1(x); });
    case ActivationMode::kGelu:
      return map(shape, false, [](float x) { return 0.5f * x * (1 + std::erf(x * 0.70710678f)); });
    case ActivationMode::kSilu:
      return map(shape, false, [sigmoid](float x) { return x * sigmoid(x); });
    case ActivationMode::kMish:
      return map(shape, false, [](float x) { return x * std::tanh(std::log1p(std::exp(x))); });
    case ActivationMode::kHardSwish:
      return map(shape, false,
                 [](float x) { return x * std::min(std::max(x + 3, 0.0f), 6.0f) / 6; });
    case ActivationMode::kSoftplus:
      return map(shape, false, [](float x) { return std::log1p(std::exp(x)); });
    case ActivationMode::kClip:
      return map(shape, false, [](float x) { return std::min(std::max(x, 0.0f), 6.0f); });
    case ActivationMode::kExp:
      return map(shape, false, [](float x) { return std::exp(x); });
    case ActivationMode::kLog:
      return map(shape, true, [](float x) { return std::log(x); });
    case ActivationMode::kSqrt:
      return map(shape, true, [](float x) { return std::sqrt(x); });
    case ActivationMode::kAbs:
      return map(shape, false, [](float x) { return std::fabs(x); });
    case ActivationMode::kNeg:
      return map(shape, false, [](float x) { return -x; });
    case ActivationMode::kReciprocal:
      return map(shape, true, [](float x) { return 1 / x; });
    case ActivationMode::kPow:
      return map(shape, false, [](float x) { return x * x; });
    case ActivationMode::kRound:
      return map(shape, false, [](float x) { return std::nearbyint(x); });
    case ActivationMode::kErf:
      return map(shape, false, [](float x) { return std::erf(x); });
    case ActivationMode::kHardSigmoid:
      return map(shape, false,
                 [](float x) { return std::min(std::max(x / 6 + 0.5f, 0.0f), 1.0f); });
    case ActivationMode::kSoftsign:
      return map(shape, false, [](float x) { return x / (1 + std::fabs(x)); });
    case ActivationMode::kSin:
      return map(shape, false, [](float x) { return std::sin(x); });
    case ActivationMode::kCos:
      return map(shape, false, [](float x) { return std::cos(x); });
    case ActivationMode::kFloor:
      return map(shape, false, [](float x) { return std::floor(x); });
    case ActivationMode::kCeil:
      return map(shape, false, [](float x) { return std::ceil(x); });
    default:
      return std::nullopt;
  }
}

void softmax_row(float* x, Index size, float scale) {
  const float largest = *std::max_element(x, x + size);
  float sum = 0;
  for (Index i = 0; i < size; ++i) sum += x[i] = std::exp(scale * (x[i] - largest));
  for (Index i = 0; i < size; ++i) x[i] /= sum;
}

// Where the first input is positive the second, elsewhere the third; those that are spread have one
// value per channel.
Kernel where(const Elementwise& op, const Shape& shape) {
  const Index count = shape.element_count(), channels = shape.rank() > 1 ? shape[1] : 1;
  const Index inner = shape.element_count_from(std::min<std::size_t>(2, shape.rank()));
  const bool spread[] = {op.broadcast > 1, op.broadcast > 0};
  const auto size = [&](bool is_spread) {
    return is_spread ? static_cast<std::size_t>(channels) : cells(shape);
  };
  Kernel kernel = loops({{cells(shape)}, {size(spread[0])}, {size(spread[1])}}, cells(shape));
  kernel.run = [=, b_spread = spread[0], c_spread = spread[1]](const Pointers& p) {
    const float *a = p.inputs[0], *b = p.inputs[1], *c = p.inputs[2];
#pragma omp parallel for schedule(static)
    for (Index row = 0; row < count / inner; ++row) {
      const Index channel = row % channels;
      for (Index i = row * inner; i < (row + 1) * inner; ++i)
        p.output[i] = a[i] > 0 ? b[b_spread ? channel : i] : c[c_spread ? channel : i];
    }
  };
  return kernel;
}

template <typename Function>
Kernel combine(const Elementwise& op, const Shape& shape, bool positive, Function function) {
  const bool spread = op.broadcast > 0;
  const Index count = shape.element_count();
  const Index channels = shape.rank() > 1 ? shape[1] : 1;
  const Index inner = shape.element_count_from(std::min<std::size_t>(2, shape.rank()));
  Kernel kernel = loops(
      {{cells(shape)}, {spread ? static_cast<std::size_t>(channels) : cells(shape), 1, positive}},
      cells(shape));
  kernel.run = [=](const Pointers& p) {
    const float *a = p.inputs[0], *b = p.inputs[1];
    float* out = p.output;
    if (spread) {
#pragma omp parallel for schedule(static)
      for (Index row = 0; row < count / inner; ++row)
        for (Index i = row * inner; i < (row + 1) * inner; ++i)
          out[i] = function(a[i], b[row % channels]);
    } else {
#pragma omp parallel for simd schedule(static)
      for (Index i = 0; i < count; ++i) out[i] = function(a[i], b[i]);
    }
  };
  return kernel;
}

struct MakeKernel {
  const LayerConfig& config;
  const Shape& out;
  Multiply multiply;
  const std::string& product;

  const Shape& in() const { return config.inputs[0]; }

  KernelOrSkip operator()(const Convolution& op) const {
    return convolution_kernel(op, in(), out, multiply, product);
  }
  KernelOrSkip operator()(const TransposedConvolution& op) const {
    return deconvolution_kernel(op, in(), out, multiply, product);
  }
  KernelOrSkip operator()(const Pooling& op) const { return pooling_kernel(op, in(), out); }

  KernelOrSkip operator()(const Convolution3d&) const { return no_volumes(); }
  KernelOrSkip operator()(const TransposedConvolution3d&) const { return no_volumes(); }
  KernelOrSkip operator()(const Pooling3d&) const { return no_volumes(); }
  static KernelOrSkip no_volumes() { return Skip{"no windows over three axes"}; }

  KernelOrSkip operator()(const FullyConnected& op) const {
    const Index batch = in()[0], inputs = in().element_count_from(1), outputs = op.outputs;
    Kernel kernel = loops({{cells(in())}}, cells(out));
    kernel.implementation = product;
    kernel.weights = {
        {static_cast<std::size_t>(inputs * outputs), std::sqrt(2.0f / static_cast<float>(inputs))},
        {static_cast<std::size_t>(outputs), 0.1f}};
    kernel.run = [=, times = multiply](const Pointers& p) {
      for (Index n = 0; n < batch; ++n)
        std::copy(p.weights[1], p.weights[1] + outputs, p.output + n * outputs);
      times({batch, outputs, inputs, p.inputs[0], p.weights[0], p.output, true, 1});
    };
    return kernel;
  }

  KernelOrSkip operator()(const MatMul&) const {
    const Index batch = in()[0], m = in()[1], k = in()[2], n = config.inputs[1][2];
    Kernel kernel = loops({{cells(in())}, {cells(config.inputs[1])}}, cells(out));
    kernel.implementation = product;
    kernel.run = [=, times = multiply](const Pointers& p) {
      for (Index b = 0; b < batch; ++b)
        times({m, n, k, p.inputs[0] + b * m * k, p.inputs[1] + b * k * n, p.output + b * m * n,
               false, 0});
    };
    return kernel;
  }

  KernelOrSkip operator()(const Normalization& op) const {
    Kernel kernel = loops({{cells(in())}}, cells(out));
    if (op.mode == NormMode::kBatch) {
      const Index channels = in()[1], inner = in().element_count_from(2);
      const Index rows = in()[0] * channels;
      const auto per_channel = static_cast<std::size_t>(channels);
      kernel.weights = {
          {per_channel, 0.1f}, {per_channel, 1, true}, {per_channel}, {per_channel, 0.1f}};
      kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
        for (Index row = 0; row < rows; ++row) {
          const Index c = row % channels;
          const float scale = p.weights[2][c] / std::sqrt(p.weights[1][c] + kEpsilon);
          const float shift = p.weights[3][c] - p.weights[0][c] * scale;
          for (Index i = row * inner; i < (row + 1) * inner; ++i)
            p.output[i] = p.inputs[0][i] * scale + shift;
        }
      };
      return kernel;
    }
    if (op.mode == NormMode::kLayer || op.mode == NormMode::kRms) {
      const Index width = in().back(), rows = in().element_count() / width;
      const bool is_rms = op.mode == NormMode::kRms;  // without a mean and a shift
      kernel.weights = {{static_cast<std::size_t>(width)}};
      if (!is_rms) kernel.weights.push_back({static_cast<std::size_t>(width), 0.1f});
      kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
        for (Index row = 0; row < rows; ++row) {
          const float* x = p.inputs[0] + row * width;
          const RowStatistics of = statistics(x, width, !is_rms);
          for (Index i = 0; i < width; ++i)
            p.output[row * width + i] = (x[i] - of.mean) * of.scale * p.weights[0][i];
          for (Index i = 0; i < width && !is_rms; ++i) p.output[row * width + i] += p.weights[1][i];
        }
      };
      return kernel;
    }
    if (op.mode == NormMode::kInstance || op.mode == NormMode::kGroup) {
      const Index channels = in()[1], inner = in().element_count_from(2);
      const Index groups = op.mode == NormMode::kInstance ? channels : op.size == 0 ? 32 : op.size;
      if (channels % groups != 0) return Skip{"the groups do not divide the channels"};
      const Index each = channels / groups, rows = in()[0] * groups;
      kernel.weights = {{static_cast<std::size_t>(channels)},
                        {static_cast<std::size_t>(channels), 0.1f}};
      kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
        for (Index row = 0; row < rows; ++row) {
          const RowStatistics of = statistics(p.inputs[0] + row * each * inner, each * inner, true);
          for (Index k = row * each; k < (row + 1) * each; ++k) {
            const float scale = of.scale * p.weights[0][k % channels];
            const float shift = p.weights[1][k % channels] - of.mean * scale;
            for (Index i = k * inner; i < (k + 1) * inner; ++i)
              p.output[i] = p.inputs[0][i] * scale + shift;
          }
        }
      };
      return kernel;
    }
    if (op.mode == NormMode::kLocalResponse) {
      const Index batch = in()[0], channels = in()[1], inner = in().element_count_from(2);
      const Index size = op.size == 0 ? 5 : op.size, half = (size - 1) / 2;
      kernel.run = [=](const Pointers& p) {
#pragma omp parallel for collapse(2) schedule(static)
        for (Index n = 0; n < batch; ++n)
          for (Index c = 0; c < channels; ++c) {
            const float* image = p.inputs[0] + n * channels * inner;
            for (Index i = 0; i < inner; ++i) {
              float squares = 0;
              for (Index k = std::max<Index>(0, c - half); k < std::min(channels, c - half + size);
                   ++k)
                squares += image[k * inner + i] * image[k * inner + i];
              p.output[(n * channels + c) * inner + i] =
                  image[c * inner + i] *
                  std::pow(1 + 1e-4f / static_cast<float>(size) * squares, -0.75f);
            }
          }
      };
      return kernel;
    }
    return Skip{"no normalisation " + std::string(to_string(op.mode))};
  }

  KernelOrSkip operator()(const Activation& op) const {
    if (auto kernel = activation(op.mode, in())) return std::move(*kernel);
    return Skip{"no activation " + std::string(to_string(op.mode))};
  }

  KernelOrSkip operator()(const Elementwise& op) const {
    if (op.inputs == 2 && op.broadcast <= 1) {
      switch (op.mode) {
        case ElementwiseMode::kAdd:
          return combine(op, in(), false, [](float a, float b) { return a + b; });
        case ElementwiseMode::kMul:
          return combine(op, in(), false, [](float a, float b) { return a * b; });
        case ElementwiseMode::kSub:
          return combine(op, in(), false, [](float a, float b) { return a - b; });
        case ElementwiseMode::kDiv:
          return combine(op, in(), true, [](float a, float b) { return a / b; });
        case ElementwiseMode::kMax:
          return combine(op, in(), false, [](float a, float b) { return std::max(a, b); });
        case ElementwiseMode::kMin:
          return combine(op, in(), false, [](float a, float b) { return std::min(a, b); });
        case ElementwiseMode::kLess:
          return combine(op, in(), false, [](float a, float b) { return a < b ? 1.0f : 0.0f; });
        case ElementwiseMode::kGreater:
          return combine(op, in(), false, [](float a, float b) { return a > b ? 1.0f : 0.0f; });
        default:
          break;
      }
    }
    if (op.mode == ElementwiseMode::kWhere && op.inputs == 3 && op.broadcast <= 2)
      return where(op, in());
    return Skip{"no element-wise " + std::string(to_string(op.mode)) + " of " +
                std::to_string(op.inputs) + " tensors"};
  }

  KernelOrSkip operator()(const Concat& op) const {
    Kernel kernel = loops({}, cells(out));
    std::vector<Index> runs;
    for (const Shape& part : config.inputs) {
      kernel.inputs.push_back({cells(part)});
      runs.push_back(part.element_count_from(static_cast<std::size_t>(op.axis)));
    }
    const Index stride = out.element_count_from(static_cast<std::size_t>(op.axis));
    const Index outer = stride == 0 ? 0 : out.element_count() / stride;
    kernel.run = [=](const Pointers& p) {
      Index before = 0;
      for (std::size_t part = 0; part < runs.size(); ++part) {
        for (Index o = 0; o < outer; ++o) {
          const float* from = p.inputs[part] + o * runs[part];
          float* to = p.output + o * stride + before;
#pragma omp parallel for simd schedule(static)
          for (Index i = 0; i < runs[part]; ++i) to[i] = from[i];
        }
        before += runs[part];
      }
    };
    return kernel;
  }

  KernelOrSkip operator()(const Softmax& op) const {
    const auto rank = static_cast<Index>(in().rank());
    const auto axis = static_cast<std::size_t>(op.axis < 0 ? op.axis + rank : op.axis);
    const Index size = in()[axis], inner = in().element_count_from(axis + 1);
    const Index rows = in().element_count() / size;
    Kernel kernel = loops({{cells(in())}}, cells(out));
    kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
      for (Index row = 0; row < rows; ++row) {
        const Index start = row / inner * inner * size + row % inner;
        const float* x = p.inputs[0] + start;
        float* y = p.output + start;
        float largest = x[0], sum = 0;
        for (Index i = 1; i < size; ++i) largest = std::max(largest, x[i * inner]);
        for (Index i = 0; i < size; ++i) sum += y[i * inner] = std::exp(x[i * inner] - largest);
        for (Index i = 0; i < size; ++i) y[i * inner] /= sum;
      }
    };
    return kernel;
  }

  KernelOrSkip operator()(const Reduction& op) const {
    // Sums and means over the last axes, as global pooling is written.
    std::size_t kept = 0;
    while (kept < op.to.rank() && kept < in().rank() && op.to[kept] == in()[kept]) ++kept;
    const Index inner = in().element_count_from(kept), rows = out.element_count();
    const bool mean = op.mode == ReduceMode::kMean;
    if ((!mean && op.mode != ReduceMode::kSum) || inner * rows != in().element_count())
      return Skip{"no reduction " + std::string(to_string(op.mode)) + " over these axes"};
    Kernel kernel = loops({{cells(in())}}, cells(out));
    kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
      for (Index row = 0; row < rows; ++row) {
        float sum = 0;
        for (Index i = row * inner; i < (row + 1) * inner; ++i) sum += p.inputs[0][i];
        p.output[row] = mean ? sum / static_cast<float>(inner) : sum;
      }
    };
    return kernel;
  }

  KernelOrSkip operator()(const Dropout&) const { return Skip{"no work at inference time"}; }
  KernelOrSkip operator()(const View&) const { return Skip{"no work: a view of the same bytes"}; }
  KernelOrSkip operator()(const DataMovement& op) const {
    return movement_kernel(op, in(), config.dtype);
  }
  KernelOrSkip operator()(const Embedding& op) const { return embedding_kernel(op, in()); }
  KernelOrSkip operator()(const Recurrent&) const { return Skip{"no recurrent layers"}; }

  // Head by head: the product with the keys, softmax over each row of it, the product with the
  // values; the weights of a head stay in the caches.
  KernelOrSkip operator()(const Attention&) const {
    const Index heads = in()[0] * in()[1], queries = in()[2], width = in()[3];
    const Index keys = config.inputs[1][2];
    Kernel kernel =
        loops({{cells(in())}, {cells(config.inputs[1])}, {cells(config.inputs[1])}}, cells(out));
    kernel.implementation = product + ", softmax and " + product + ", head by head";
    kernel.scratch = static_cast<std::size_t>(queries * keys);
    kernel.run = [=, times = multiply](const Pointers& p) {
      const float scale = 1 / std::sqrt(static_cast<float>(width));
      for (Index head = 0; head < heads; ++head) {
        const Index query = head * queries * width, key = head * keys * width;
        times({queries, keys, width, p.inputs[0] + query, p.inputs[1] + key, p.scratch, true, 0});
#pragma omp parallel for schedule(static)
        for (Index row = 0; row < queries; ++row) softmax_row(p.scratch + row * keys, keys, scale);
        times({queries, width, keys, p.scratch, p.inputs[2] + key, p.output + query, false, 0});
      }
    };
    return kernel;
  }
  KernelOrSkip operator()(const UnsupportedOp& op) const {
    return Skip{"unknown operation " + op.name};
  }
};

}  // namespace

KernelOrSkip make_kernel(const LayerConfig& config, Multiply multiply,
                         const std::string& product_name) {
  const auto* movement = std::get_if<DataMovement>(&config.op);
  if (config.dtype != DataType::kF32 && !(movement && movement->mode == MoveMode::kCast))
    return Skip{"this back-end computes in f32, not in " + std::string(to_string(config.dtype))};
  if (!config.post.empty()) return Skip{"this back-end fuses nothing"};
  if (std::holds_alternative<UnsupportedOp>(config.op) || config.inputs.empty() ||
      config.inputs[0].empty())
    return Skip{"a layer without a shape"};
  for (const Shape& input : config.inputs)
    if (input.element_count() == 0) return Skip{"an empty tensor"};
  const Shape out = output_shape(config);
  return std::visit(MakeKernel{config, out, multiply, product_name}, config.op);
}

}  // namespace neuralpower::plain
