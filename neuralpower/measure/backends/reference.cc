// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

using Values = std::vector<double>;
using Result = std::optional<Values>;

constexpr double kEpsilon = 1e-5;

double activate(ActivationMode mode, double x) {
  switch (mode) {
    case ActivationMode::kRelu:
      return std::max(0.0, x);
    case ActivationMode::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationMode::kTanh:
      return std::tanh(x);
    case ActivationMode::kLeakyRelu:
      return x > 0 ? x : 0.01 * x;
    case ActivationMode::kElu:
    case ActivationMode::kCelu:
      return x > 0 ? x : std::expm1(x);
    case ActivationMode::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case ActivationMode::kSilu:
      return x / (1 + std::exp(-x));
    case ActivationMode::kMish:
      return x * std::tanh(std::log1p(std::exp(x)));
    case ActivationMode::kHardSwish:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case ActivationMode::kSoftplus:
      return std::log1p(std::exp(x));
    case ActivationMode::kClip:
      return std::clamp(x, 0.0, 6.0);
    case ActivationMode::kExp:
      return std::exp(x);
    case ActivationMode::kLog:
      return std::log(x);
    case ActivationMode::kSqrt:
      return std::sqrt(x);
    case ActivationMode::kAbs:
      return std::fabs(x);
    case ActivationMode::kNeg:
      return -x;
    case ActivationMode::kReciprocal:
      return 1 / x;
    case ActivationMode::kPow:
      return x * x;
    case ActivationMode::kRound:
      return std::nearbyint(x);
    case ActivationMode::kErf:
      return std::erf(x);
    case ActivationMode::kHardSigmoid:
      return std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case ActivationMode::kSoftsign:
      return x / (1 + std::fabs(x));
    case ActivationMode::kSin:
      return std::sin(x);
    case ActivationMode::kCos:
      return std::cos(x);
    case ActivationMode::kFloor:
      return std::floor(x);
    case ActivationMode::kCeil:
      return std::ceil(x);
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

// A four-dimensional image batch, N x C x H x W.
struct Image {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  explicit Image(const Shape& shape) : n(shape[0]), c(shape[1]), h(shape[2]), w(shape[3]) {}
  std::int64_t at(std::int64_t in, std::int64_t ic, std::int64_t ih, std::int64_t iw) const {
    return ((in * c + ic) * h + ih) * w + iw;
  }
  bool inside(std::int64_t ih, std::int64_t iw) const {
    return ih >= 0 && ih < h && iw >= 0 && iw < w;
  }
};

struct Reference {
  const LayerConfig& config;
  const LayerValues& values;
  const Shape& out;

  const std::vector<float>& input(std::size_t i = 0) const { return values.inputs.at(i); }
  const std::vector<float>& weight(std::size_t i) const { return values.weights.at(i); }
  const Shape& shape() const { return config.inputs[0]; }

  Result operator()(const Convolution& op) const {
    const Image in(shape()), to(out);
    const std::int64_t per_in = in.c / op.groups, per_out = to.c / op.groups;
    Values result(static_cast<std::size_t>(out.element_count()));
    for (std::int64_t n = 0; n < to.n; ++n)
      for (std::int64_t co = 0; co < to.c; ++co)
        for (std::int64_t oh = 0; oh < to.h; ++oh)
          for (std::int64_t ow = 0; ow < to.w; ++ow) {
            double sum = weight(1)[co];
            for (std::int64_t ci = 0; ci < per_in; ++ci)
              for (std::int64_t kh = 0; kh < op.kernel.h; ++kh)
                for (std::int64_t kw = 0; kw < op.kernel.w; ++kw) {
                  const std::int64_t ih = oh * op.stride.h - op.pad.top + kh * op.dilation.h;
                  const std::int64_t iw = ow * op.stride.w - op.pad.left + kw * op.dilation.w;
                  if (!in.inside(ih, iw)) continue;
                  sum += double{input()[in.at(n, co / per_out * per_in + ci, ih, iw)]} *
                         weight(0)[((co * per_in + ci) * op.kernel.h + kh) * op.kernel.w + kw];
                }
            result[to.at(n, co, oh, ow)] = sum;
          }
    return result;
  }

  Result operator()(const TransposedConvolution& op) const {
    const Image in(shape()), to(out);
    const std::int64_t per_in = in.c / op.groups, per_out = to.c / op.groups;
    Values result(static_cast<std::size_t>(out.element_count()));
    for (std::int64_t n = 0; n < to.n; ++n)
      for (std::int64_t c = 0; c < to.c; ++c)
        for (std::int64_t i = 0; i < to.h * to.w; ++i) result[to.at(n, c, 0, 0) + i] = weight(1)[c];
    for (std::int64_t n = 0; n < in.n; ++n)
      for (std::int64_t co = 0; co < to.c; ++co)
        for (std::int64_t ci = 0; ci < per_in; ++ci)
          for (std::int64_t ih = 0; ih < in.h; ++ih)
            for (std::int64_t iw = 0; iw < in.w; ++iw)
              for (std::int64_t kh = 0; kh < op.kernel.h; ++kh)
                for (std::int64_t kw = 0; kw < op.kernel.w; ++kw) {
                  const std::int64_t oh = ih * op.stride.h - op.pad.top + kh * op.dilation.h;
                  const std::int64_t ow = iw * op.stride.w - op.pad.left + kw * op.dilation.w;
                  if (!to.inside(oh, ow)) continue;
                  result[to.at(n, co, oh, ow)] +=
                      double{input()[in.at(n, co / per_out * per_in + ci, ih, iw)]} *
                      weight(0)[((co * per_in + ci) * op.kernel.h + kh) * op.kernel.w + kw];
                }
    return result;
  }

  Result operator()(const FullyConnected& op) const {
    const std::int64_t inputs = shape().element_count_from(1);
    Values result;
    for (std::int64_t n = 0; n < shape()[0]; ++n)
      for (std::int64_t o = 0; o < op.outputs; ++o) {
        double sum = weight(1)[o];
        for (std::int64_t i = 0; i < inputs; ++i)
          sum += double{input()[n * inputs + i]} * weight(0)[o * inputs + i];
        result.push_back(sum);
      }
    return result;
  }

  Result operator()(const MatMul&) const {
    const std::int64_t rows = shape()[1], depth = shape()[2], columns = config.inputs[1][2];
    Values result;
    for (std::int64_t b = 0; b < shape()[0]; ++b)
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) {
          double sum = 0;
          for (std::int64_t k = 0; k < depth; ++k)
            sum += double{input(0)[(b * rows + i) * depth + k]} *
                   input(1)[(b * depth + k) * columns + j];
          result.push_back(sum);
        }
    return result;
  }

  Result operator()(const Pooling& op) const {
    const Image in(shape()), to(out);
    const bool adaptive =
        op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax;
    const bool is_max = op.mode == PoolMode::kMax || op.mode == PoolMode::kAdaptiveMax;
    Values result;
    for (std::int64_t n = 0; n < to.n; ++n)
      for (std::int64_t c = 0; c < to.c; ++c)
        for (std::int64_t oh = 0; oh < to.h; ++oh)
          for (std::int64_t ow = 0; ow < to.w; ++ow) {
            double best = -std::numeric_limits<double>::infinity(), sum = 0;
            int count = 0;
            const auto take = [&](std::int64_t ih, std::int64_t iw) {
              if (!in.inside(ih, iw)) return;
              const double value = input()[in.at(n, c, ih, iw)];
              best = std::max(best, value);
              sum += value;
              ++count;
            };
            if (adaptive) {
              for (std::int64_t ih = oh * in.h / to.h; ih < ceil_div((oh + 1) * in.h, to.h); ++ih)
                for (std::int64_t iw = ow * in.w / to.w; iw < ceil_div((ow + 1) * in.w, to.w); ++iw)
                  take(ih, iw);
            } else {
              for (std::int64_t kh = 0; kh < op.kernel.h; ++kh)
                for (std::int64_t kw = 0; kw < op.kernel.w; ++kw)
                  take(oh * op.stride.h - op.pad.top + kh * op.dilation.h,
                       ow * op.stride.w - op.pad.left + kw * op.dilation.w);
            }
            result.push_back(is_max ? best : sum / std::max(1, count));
          }
    return result;
  }

  // Each row of so many cells less its mean (if it is asked for), over its deviation.
  static void normalise_rows(Values& cells, std::size_t width, bool less_mean) {
    for (std::size_t row = 0; row < cells.size(); row += width) {
      double mean = 0, variance = 0;
      for (std::size_t i = 0; i < width && less_mean; ++i) mean += cells[row + i] / width;
      for (std::size_t i = 0; i < width; ++i)
        variance += (cells[row + i] - mean) * (cells[row + i] - mean) / width;
      for (std::size_t i = 0; i < width; ++i)
        cells[row + i] = (cells[row + i] - mean) / std::sqrt(variance + kEpsilon);
    }
  }

  Result operator()(const Normalization& op) const {
    Values result(input().begin(), input().end());
    if (op.mode == NormMode::kBatch) {
      const std::int64_t inner = shape().element_count_from(2), channels = shape()[1];
      for (std::size_t i = 0; i < result.size(); ++i) {
        const std::size_t c = i / inner % channels;
        result[i] = (result[i] - weight(0)[c]) / std::sqrt(weight(1)[c] + kEpsilon) * weight(2)[c] +
                    weight(3)[c];
      }
      return result;
    }
    if (op.mode == NormMode::kLayer || op.mode == NormMode::kRms) {
      const auto width = static_cast<std::size_t>(shape().back());
      normalise_rows(result, width, op.mode == NormMode::kLayer);
      for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = result[i] * weight(0)[i % width] +
                    (op.mode == NormMode::kLayer ? weight(1)[i % width] : 0.0f);
      return result;
    }
    if (op.mode == NormMode::kInstance || op.mode == NormMode::kGroup) {
      const std::int64_t inner = shape().element_count_from(2), channels = shape()[1];
      const std::int64_t groups = op.mode == NormMode::kInstance ? channels
                                  : op.size == 0                 ? 32
                                                                 : op.size;
      if (channels % groups != 0) return std::nullopt;
      normalise_rows(result, static_cast<std::size_t>(channels / groups * inner), true);
      for (std::size_t i = 0; i < result.size(); ++i) {
        const std::size_t c = i / inner % channels;
        result[i] = result[i] * weight(0)[c] + weight(1)[c];
      }
      return result;
    }
    if (op.mode == NormMode::kLocalResponse) {
      const Image image(shape());
      const std::int64_t size = op.size == 0 ? 5 : op.size, half = (size - 1) / 2;
      for (std::int64_t n = 0; n < image.n; ++n)
        for (std::int64_t c = 0; c < image.c; ++c)
          for (std::int64_t i = 0; i < image.h * image.w; ++i) {
            double squares = 0;
            for (std::int64_t k = c - half; k < c - half + size; ++k)
              if (k >= 0 && k < image.c) {
                const double x = input()[image.at(n, k, 0, 0) + i];
                squares += x * x;
              }
            result[image.at(n, c, 0, 0) + i] *=
                std::pow(1 + 1e-4 / static_cast<double>(size) * squares, -0.75);
          }
      return result;
    }
    return std::nullopt;
  }

  Result operator()(const Activation& op) const {
    Values result(input().begin(), input().end());
    if (op.mode == ActivationMode::kPRelu) {
      const std::int64_t inner = shape().element_count_from(2);
      for (std::size_t i = 0; i < result.size(); ++i)
        if (result[i] < 0) result[i] *= weight(0)[i / inner % shape()[1]];
      return result;
    }
    for (double& x : result) x = activate(op.mode, x);
    if (!result.empty() && std::isnan(activate(op.mode, 1))) return std::nullopt;
    return result;
  }

  Result operator()(const Elementwise& op) const {
    Values result(input().begin(), input().end());
    const std::int64_t inner = shape().element_count_from(std::min<std::size_t>(2, shape().rank()));
    const auto operand_at = [&](std::size_t operand, std::size_t i) -> double {
      const bool whole = input(operand).size() == result.size();
      return input(operand)[whole ? i : i / inner % input(operand).size()];
    };
    if (op.mode == ElementwiseMode::kWhere) {
      for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = operand_at(result[i] > 0 ? 1 : 2, i);
      return result;
    }
    for (std::size_t operand = 1; operand < values.inputs.size(); ++operand)
      for (std::size_t i = 0; i < result.size(); ++i) {
        const double b = operand_at(operand, i);
        double& a = result[i];
        switch (op.mode) {
          case ElementwiseMode::kAdd:
            a += b;
            break;
          case ElementwiseMode::kMul:
            a *= b;
            break;
          case ElementwiseMode::kSub:
            a -= b;
            break;
          case ElementwiseMode::kDiv:
            a /= b;
            break;
          case ElementwiseMode::kMax:
            a = std::max(a, b);
            break;
          case ElementwiseMode::kMin:
            a = std::min(a, b);
            break;
          case ElementwiseMode::kEqual:
            a = a == b;
            break;
          case ElementwiseMode::kLess:
            a = a < b;
            break;
          case ElementwiseMode::kGreater:
            a = a > b;
            break;
          default:
            return std::nullopt;
        }
      }
    return result;
  }

  Result operator()(const Concat& op) const {
    std::int64_t outer = 1;
    for (std::int64_t axis = 0; axis < op.axis; ++axis) outer *= shape()[axis];
    Values result;
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::size_t part = 0; part < values.inputs.size(); ++part) {
        const auto run = config.inputs[part].element_count_from(static_cast<std::size_t>(op.axis));
        for (std::int64_t i = 0; i < run; ++i) result.push_back(input(part)[o * run + i]);
      }
    return result;
  }

  Result operator()(const Softmax& op) const {
    const auto rank = static_cast<std::int64_t>(shape().rank());
    const auto axis = static_cast<std::size_t>(op.axis < 0 ? op.axis + rank : op.axis);
    const std::int64_t size = shape()[axis], inner = shape().element_count_from(axis + 1);
    Values result(input().begin(), input().end());
    for (std::int64_t start = 0; start < static_cast<std::int64_t>(result.size()); ++start) {
      if (start / inner % size != 0) continue;  // the first cell of each run along the axis
      double largest = result[start], sum = 0;
      for (std::int64_t i = 0; i < size; ++i)
        largest = std::max(largest, result[start + i * inner]);
      for (std::int64_t i = 0; i < size; ++i)
        sum += result[start + i * inner] = std::exp(result[start + i * inner] - largest);
      for (std::int64_t i = 0; i < size; ++i) result[start + i * inner] /= sum;
    }
    return result;
  }

  Result operator()(const Reduction& op) const {
    // Only what stays in front: N x C x H x W to N x C, or to N x C x 1 x 1.
    const Shape& from = shape();
    std::size_t kept = 0;
    while (kept < op.to.rank() && kept < from.rank() && op.to[kept] == from[kept]) ++kept;
    const std::int64_t inner = from.element_count_from(kept);
    if (inner * op.to.element_count() != from.element_count()) return std::nullopt;
    Values result;
    for (std::size_t start = 0; start < input().size(); start += static_cast<std::size_t>(inner)) {
      double sum = 0, squares = 0, absolute = 0, product = 1;
      double low = input()[start], high = low;
      for (std::int64_t i = 0; i < inner; ++i) {
        const double x = input()[start + static_cast<std::size_t>(i)];
        sum += x;
        squares += x * x;
        absolute += std::fabs(x);
        product *= x;
        low = std::min(low, x);
        high = std::max(high, x);
      }
      switch (op.mode) {
        case ReduceMode::kMean:
          result.push_back(sum / static_cast<double>(inner));
          break;
        case ReduceMode::kSum:
          result.push_back(sum);
          break;
        case ReduceMode::kMax:
          result.push_back(high);
          break;
        case ReduceMode::kMin:
          result.push_back(low);
          break;
        case ReduceMode::kProd:
          result.push_back(product);
          break;
        case ReduceMode::kL1:
          result.push_back(absolute);
          break;
        case ReduceMode::kL2:
          result.push_back(std::sqrt(squares));
          break;
        default:
          return std::nullopt;
      }
    }
    return result;
  }

  Result operator()(const Convolution3d&) const { return std::nullopt; }
  Result operator()(const TransposedConvolution3d&) const { return std::nullopt; }
  Result operator()(const Pooling3d&) const { return std::nullopt; }
  Result operator()(const Dropout&) const { return Values(input().begin(), input().end()); }
  Result operator()(const View&) const { return Values(input().begin(), input().end()); }
  Result operator()(const DataMovement&) const { return std::nullopt; }
  Result operator()(const Embedding& op) const {
    Values result;
    for (const float row : input())
      for (std::int64_t i = 0; i < op.width; ++i)
        result.push_back(weight(0)[static_cast<std::size_t>(row) * op.width + i]);
    return result;
  }

  // Cells of LSTM, GRU (reset behind the product) and plain tanh; see reference.h for the weights.
  Result operator()(const Recurrent& op) const {
    const std::int64_t steps = shape()[1], inputs = shape()[2], hidden = op.hidden;
    const bool is_gru = op.mode == RecurrentMode::kGru;
    const std::int64_t gates = op.mode == RecurrentMode::kLstm ? 4 : is_gru ? 3 : 1;
    const std::int64_t biases = is_gru ? 4 : gates;
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    Values result(static_cast<std::size_t>(out.element_count()));
    for (std::int64_t n = 0; n < shape()[0]; ++n)
      for (std::int64_t d = 0; d < op.directions; ++d) {
        Values h(hidden), c(hidden);
        for (std::int64_t step = 0; step < steps; ++step) {
          const std::int64_t t = d == 0 ? step : steps - 1 - step;
          const Values before = h;
          for (std::int64_t j = 0; j < hidden; ++j) {
            double x[4] = {}, u[4] = {};  // what each gate gets from the input and from the state
            for (std::int64_t g = 0; g < gates; ++g) {
              for (std::int64_t i = 0; i < inputs; ++i)
                x[g] += double{input()[(n * steps + t) * inputs + i]} *
                        weight(0)[((d * inputs + i) * gates + g) * hidden + j];
              for (std::int64_t i = 0; i < hidden; ++i)
                u[g] += before[i] * weight(1)[((d * hidden + i) * gates + g) * hidden + j];
            }
            const auto b = [&](std::int64_t g) {
              return double{weight(2)[(d * biases + g) * hidden + j]};
            };
            if (op.mode == RecurrentMode::kLstm) {
              c[j] = sigmoid(x[1] + u[1] + b(1)) * c[j] +
                     sigmoid(x[0] + u[0] + b(0)) * std::tanh(x[2] + u[2] + b(2));
              h[j] = sigmoid(x[3] + u[3] + b(3)) * std::tanh(c[j]);
            } else if (is_gru) {
              const double update = sigmoid(x[0] + u[0] + b(0)),
                           reset = sigmoid(x[1] + u[1] + b(1));
              const double fresh = std::tanh(x[2] + b(2) + reset * (u[2] + b(3)));
              h[j] = update * before[j] + (1 - update) * fresh;
            } else {
              h[j] = std::tanh(x[0] + u[0] + b(0));
            }
            result[((n * steps + t) * op.directions + d) * hidden + j] = h[j];
          }
        }
      }
    return result;
  }
  Result operator()(const Attention&) const {
    const std::int64_t heads = shape()[0] * shape()[1], queries = shape()[2], width = shape()[3];
    const std::int64_t keys = config.inputs[1][2];
    Values result(static_cast<std::size_t>(out.element_count()));
    Values row(static_cast<std::size_t>(keys));
    for (std::int64_t q = 0; q < heads * queries; ++q) {
      const std::int64_t first = q / queries * keys * width;  // of this head's keys and values
      double sum = 0, largest = -std::numeric_limits<double>::infinity();
      for (std::int64_t k = 0; k < keys; ++k) {
        row[k] = 0;
        for (std::int64_t i = 0; i < width; ++i)
          row[k] += double{input(0)[q * width + i]} * input(1)[first + k * width + i];
        row[k] /= std::sqrt(static_cast<double>(width));
        largest = std::max(largest, row[k]);
      }
      for (double& x : row) sum += x = std::exp(x - largest);
      for (std::int64_t k = 0; k < keys; ++k)
        for (std::int64_t i = 0; i < width; ++i)
          result[q * width + i] += row[k] / sum * input(2)[first + k * width + i];
    }
    return result;
  }
  Result operator()(const UnsupportedOp&) const { return std::nullopt; }

  static std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
};

}  // namespace

Result reference_output(const LayerConfig& config, const LayerValues& values) {
  if (std::holds_alternative<UnsupportedOp>(config.op) || values.inputs.empty())
    return std::nullopt;
  const Shape out = output_shape(config);
  Result result = std::visit(Reference{config, values, out}, config.op);
  if (!result) return result;
  std::size_t operand = std::holds_alternative<MatMul>(config.op) ? 2 : 1;
  for (const PostOp& post : config.post)
    for (std::size_t i = 0; i < result->size(); ++i) {
      double& x = (*result)[i];
      switch (post.kind) {
        case PostOp::Kind::kNormalization:  // folded into weights and bias
          break;
        case PostOp::Kind::kActivation:
          x = activate(post.activation, x);
          break;
        case PostOp::Kind::kAdd:
          x += values.inputs.at(operand)[i];
          break;
        case PostOp::Kind::kMul:
          x *= values.inputs.at(operand)[i];
          break;
      }
      const bool reads = post.kind == PostOp::Kind::kAdd || post.kind == PostOp::Kind::kMul;
      if (reads && i + 1 == result->size()) ++operand;
    }
  return result;
}

}  // namespace neuralpower
