// SPDX-License-Identifier: Apache-2.0
// The stand-in's cuDNN. It refuses what cuDNN refuses and this project could ask for: sizes that do
// not fit together, an identity behind a convolution of another algorithm than the one that has it,
// Winograd of anything but 3 x 3.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/fake/fake_cuda.h"

namespace cuda = neuralpower::cuda;
namespace dnn = neuralpower::cuda::dnn;
namespace fake = neuralpower::fake_cuda;
using cuda::Performance;
using cuda::Size;

namespace {

constexpr int kBadParameter = 2000, kNotSupported = 3000;
constexpr int kWinograd = 6;
constexpr std::int64_t kCellMacs = 500;  // what a cell that is only read and written counts as

// One struct for every kind: numbers in the order in which the functions take them.
struct Descriptor {
  std::array<std::int64_t, 4> dims{1, 1, 1, 1}, strides{1, 1, 1, 1};
  int type = 0;
  std::array<int, 9> numbers{};
  std::array<double, 3> reals{};
  int math = 0, groups = 1;

  std::int64_t count() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
  Size at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return static_cast<Size>(n * strides[0] + c * strides[1] + h * strides[2] + w * strides[3]);
  }
};

Descriptor& of(void* descriptor) { return *static_cast<Descriptor*>(descriptor); }
float number(const void* value) { return *static_cast<const float*>(value); }

using Cells = std::vector<float>;  // dense, N C H W

template <typename Function>
void each(const Descriptor& d, Function function) {
  Size i = 0;
  for (std::int64_t n = 0; n < d.dims[0]; ++n)
    for (std::int64_t c = 0; c < d.dims[1]; ++c)
      for (std::int64_t h = 0; h < d.dims[2]; ++h)
        for (std::int64_t w = 0; w < d.dims[3]; ++w) function(i++, d.at(n, c, h, w));
}

Cells read(const Descriptor& d, const void* cells, bool tf32 = false) {
  Cells values(static_cast<Size>(d.count()));
  each(d, [&](Size i, Size place) {
    values[i] = fake::load(cells, place, d.type);
    if (tf32) values[i] = fake::as_tf32(values[i]);
  });
  return values;
}

// result = alpha * values + beta * result, as every function of cuDNN ends.
void write(const Descriptor& d, void* cells, const Cells& values, float alpha, float beta) {
  each(d, [&](Size i, Size place) {
    const float before = beta == 0 ? 0 : beta * fake::load(cells, place, d.type);
    fake::store(cells, place, d.type, alpha * values[i] + before);
  });
}

// The cell of `small` that is spread over cell i of `large`; sizes of 1 are spread.
Size spread(const Descriptor& large, const Descriptor& small, Size i) {
  std::array<std::int64_t, 4> at{};
  auto rest = static_cast<std::int64_t>(i);
  for (Size axis = 4; axis-- > 0;) {
    at[axis] = small.dims[axis] == 1 ? 0 : rest % large.dims[axis];
    rest /= large.dims[axis];
  }
  return static_cast<Size>(
      ((at[0] * small.dims[1] + at[1]) * small.dims[2] + at[2]) * small.dims[3] + at[3]);
}

bool fits(const Descriptor& large, const Descriptor& small) {
  for (Size axis = 0; axis < 4; ++axis)
    if (small.dims[axis] != 1 && small.dims[axis] != large.dims[axis]) return false;
  return true;
}

struct Window {
  std::int64_t pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;
  explicit Window(const Descriptor& d)
      : pad_h(d.numbers[0]),
        pad_w(d.numbers[1]),
        stride_h(d.numbers[2]),
        stride_w(d.numbers[3]),
        dilation_h(d.numbers[4]),
        dilation_w(d.numbers[5]),
        groups(d.groups) {}
};

bool convolution_fits(const Descriptor& x, const Descriptor& w, const Descriptor& convolution,
                      const Descriptor& y) {
  const Window window(convolution);
  const auto out = [](std::int64_t in, std::int64_t pad, std::int64_t k, std::int64_t dilation,
                      std::int64_t stride) {
    return (in + 2 * pad - ((k - 1) * dilation + 1)) / stride + 1;
  };
  return x.dims[0] == y.dims[0] && x.dims[1] == w.dims[1] * window.groups &&
         y.dims[1] == w.dims[0] && y.dims[1] % window.groups == 0 &&
         y.dims[2] == out(x.dims[2], window.pad_h, w.dims[2], window.dilation_h, window.stride_h) &&
         y.dims[3] == out(x.dims[3], window.pad_w, w.dims[3], window.dilation_w, window.stride_w);
}

bool algorithm_fits(int algorithm, const Descriptor& w, const Descriptor& convolution) {
  const Window window(convolution);
  if (algorithm == 0 || algorithm == dnn::kImplicitPrecompGemm) return true;
  return algorithm == kWinograd && w.dims[2] == 3 && w.dims[3] == 3 && window.stride_h == 1 &&
         window.stride_w == 1 && window.dilation_h == 1 && window.dilation_w == 1 &&
         window.groups == 1;
}

bool in_tf32(const Descriptor& convolution, const Descriptor& x) {
  return x.type == dnn::kFloat && convolution.math != dnn::kFmaMath;
}

std::int64_t macs_of(const Descriptor& w, const Descriptor& y) {
  return y.count() * w.dims[1] * w.dims[2] * w.dims[3];
}

// Calls f(cell of x, cell of w, cell of y) for each multiply-accumulate.
template <typename Function>
void each_product(const Descriptor& x, const Descriptor& w, const Descriptor& y,
                  const Window& window, Function f) {
  const std::int64_t per_in = w.dims[1], per_out = y.dims[1] / window.groups;
  for (std::int64_t n = 0; n < y.dims[0]; ++n)
    for (std::int64_t co = 0; co < y.dims[1]; ++co)
      for (std::int64_t ci = 0; ci < per_in; ++ci)
        for (std::int64_t kh = 0; kh < w.dims[2]; ++kh)
          for (std::int64_t kw = 0; kw < w.dims[3]; ++kw)
            for (std::int64_t oh = 0; oh < y.dims[2]; ++oh) {
              const std::int64_t ih = oh * window.stride_h - window.pad_h + kh * window.dilation_h;
              if (ih < 0 || ih >= x.dims[2]) continue;
              for (std::int64_t ow = 0; ow < y.dims[3]; ++ow) {
                const std::int64_t iw =
                    ow * window.stride_w - window.pad_w + kw * window.dilation_w;
                if (iw < 0 || iw >= x.dims[3]) continue;
                f(static_cast<Size>(
                      ((n * x.dims[1] + co / per_out * per_in + ci) * x.dims[2] + ih) * x.dims[3] +
                      iw),
                  static_cast<Size>(((co * per_in + ci) * w.dims[2] + kh) * w.dims[3] + kw),
                  static_cast<Size>(((n * y.dims[1] + co) * y.dims[2] + oh) * y.dims[3] + ow));
              }
            }
}

Cells convolve(const Descriptor& x, const void* x_data, const Descriptor& w, const void* w_data,
               const Descriptor& convolution, const Descriptor& y) {
  const bool tf32 = in_tf32(convolution, x);
  const Cells image = read(x, x_data, tf32), filter = read(w, w_data, tf32);
  std::vector<double> sums(static_cast<Size>(y.count()));
  each_product(x, w, y, Window(convolution),
               [&](Size i, Size k, Size o) { sums[o] += double{image[i]} * filter[k]; });
  return {sums.begin(), sums.end()};
}

double activate(const Descriptor& activation, double v) {
  const double coefficient = activation.reals[0];
  switch (activation.numbers[0]) {
    case dnn::kSigmoid:
      return 1 / (1 + std::exp(-v));
    case dnn::kRelu:
      return std::max(0.0, v);
    case dnn::kTanh:
      return std::tanh(v);
    case dnn::kClippedRelu:
      return std::clamp(v, 0.0, coefficient);
    case dnn::kElu:
      return v > 0 ? v : coefficient * std::expm1(v);
    case dnn::kSwish:
      return v / (1 + std::exp(-activation.reals[1] * v));
    default:
      return v;
  }
}

// The library's list, as its heuristics would give it: Winograd first where it can.
int list_algorithms(int wanted, int* count, Performance* all, const Descriptor& w,
                    const Descriptor& convolution, bool forward) {
  *count = 0;
  for (const int algorithm : {kWinograd, 1, 0, 5}) {
    if (*count == wanted || (!forward && algorithm > 1)) continue;
    Performance& one = all[(*count)++];
    one = {};
    one.algorithm = algorithm;
    one.math_type = convolution.math;
    one.status = !forward || algorithm_fits(algorithm, w, convolution) ? 0 : kNotSupported;
    one.milliseconds = one.status == 0 ? 1.0f : -1.0f;
  }
  return 0;
}

}  // namespace

#define FAIL_IF_PLANNED() \
  if (const int failure = fake::planned_failure(__func__)) return failure
#define DESCRIPTOR_KIND(kind)                        \
  int cudnnCreate##kind##Descriptor(void** made) {   \
    FAIL_IF_PLANNED();                               \
    return *made = new Descriptor, 0;                \
  }                                                  \
  int cudnnDestroy##kind##Descriptor(void* made) {   \
    return delete static_cast<Descriptor*>(made), 0; \
  }

extern "C" {

Size cudnnGetVersion() { return 91900; }
const char* cudnnGetErrorString(int status) {
  switch (status) {
    case kBadParameter:
      return "CUDNN_STATUS_BAD_PARAM";
    case kNotSupported:
      return "CUDNN_STATUS_NOT_SUPPORTED";
    default:
      return "CUDNN_STATUS_EXECUTION_FAILED";
  }
}
int cudnnCreate(void** handle) {
  FAIL_IF_PLANNED();
  return *handle = new char, 0;
}
int cudnnDestroy(void* handle) { return delete static_cast<char*>(handle), 0; }
int cudnnSetStream(void*, void*) { return 0; }

DESCRIPTOR_KIND(Tensor)
DESCRIPTOR_KIND(Filter)
DESCRIPTOR_KIND(Convolution)
DESCRIPTOR_KIND(Activation)
DESCRIPTOR_KIND(Pooling)
DESCRIPTOR_KIND(LRN)
DESCRIPTOR_KIND(OpTensor)
DESCRIPTOR_KIND(ReduceTensor)

int cudnnSetTensor4dDescriptorEx(void* made, int type, int n, int c, int h, int w, int sn, int sc,
                                 int sh, int sw) {
  FAIL_IF_PLANNED();
  if (std::min({n, c, h, w}) < 1) return kBadParameter;
  Descriptor& d = of(made);
  d.type = type;
  d.dims = {n, c, h, w};
  d.strides = {sn, sc, sh, sw};
  return 0;
}
int cudnnSetFilter4dDescriptor(void* made, int type, int format, int k, int c, int h, int w) {
  FAIL_IF_PLANNED();
  Descriptor& d = of(made);
  d.type = type;
  d.dims = {k, c, h, w};
  if (format == dnn::kNhwc) {
    d.strides = {std::int64_t{1} * c * h * w, 1, std::int64_t{1} * w * c, c};
  } else {
    d.strides = {std::int64_t{1} * c * h * w, std::int64_t{1} * h * w, w, 1};
  }
  return 0;
}
int cudnnSetConvolution2dDescriptor(void* made, int pad_h, int pad_w, int stride_h, int stride_w,
                                    int dilation_h, int dilation_w, int mode, int type) {
  FAIL_IF_PLANNED();
  if (mode != dnn::kCrossCorrelation || type != dnn::kFloat) return kBadParameter;
  of(made).numbers = {pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w};
  return 0;
}
int cudnnSetConvolutionMathType(void* made, int math) { return of(made).math = math, 0; }
int cudnnSetConvolutionGroupCount(void* made, int groups) { return of(made).groups = groups, 0; }

int cudnnGetConvolutionForwardAlgorithm_v7(void*, void* x, void* w, void* convolution, void* y,
                                           int wanted, int* count, Performance* all) {
  FAIL_IF_PLANNED();
  if (!convolution_fits(of(x), of(w), of(convolution), of(y))) return kBadParameter;
  return list_algorithms(wanted, count, all, of(w), of(convolution), true);
}
int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void* w, void* convolution, void* y,
                                            int algorithm, Size* bytes) {
  FAIL_IF_PLANNED();
  if (!algorithm_fits(algorithm, of(w), of(convolution))) return kNotSupported;
  *bytes = algorithm == 0 ? 0 : static_cast<Size>(of(y).count());
  return 0;
}
int cudnnConvolutionForward(void*, const void* alpha, void* x, const void* x_data, void* w,
                            const void* w_data, void* convolution, int algorithm, void* workspace,
                            Size bytes, const void* beta, void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (!algorithm_fits(algorithm, of(w), of(convolution))) return kNotSupported;
  if (bytes > 0 && !workspace) return kBadParameter;
  fake::launch(macs_of(of(w), of(y)), [=, dx = of(x), dw = of(w), dc = of(convolution), dy = of(y),
                                       a = number(alpha), b = number(beta)] {
    write(dy, y_data, convolve(dx, x_data, dw, w_data, dc, dy), a, b);
  });
  return 0;
}
int cudnnConvolutionBiasActivationForward(void*, const void* alpha, void* x, const void* x_data,
                                          void* w, const void* w_data, void* convolution,
                                          int algorithm, void* workspace, Size bytes,
                                          const void* alpha2, void* z, const void* z_data,
                                          void* bias, const void* bias_data, void* activation,
                                          void* y, void* y_data) {
  FAIL_IF_PLANNED();
  const int mode = of(activation).numbers[0];
  if (!algorithm_fits(algorithm, of(w), of(convolution)) ||
      (mode == dnn::kIdentity && algorithm != dnn::kImplicitPrecompGemm))
    return kNotSupported;
  if ((mode != dnn::kIdentity && mode != dnn::kRelu) || (bytes > 0 && !workspace) || !z_data ||
      of(bias).dims[1] != of(y).dims[1])
    return kBadParameter;
  fake::launch(macs_of(of(w), of(y)),
               [=, dx = of(x), dw = of(w), dc = of(convolution), dy = of(y), dz = of(z),
                db = of(bias), da = of(activation), a = number(alpha), a2 = number(alpha2)] {
                 Cells values = convolve(dx, x_data, dw, w_data, dc, dy);
                 const Cells shift = read(db, bias_data);
                 const Cells other = a2 == 0 ? Cells(values.size()) : read(dz, z_data);
                 for (Size i = 0; i < values.size(); ++i)
                   values[i] = static_cast<float>(
                       activate(da, a * values[i] + a2 * other[i] + shift[spread(dy, db, i)]));
                 write(dy, y_data, values, 1, 0);
               });
  return 0;
}
int cudnnGetConvolutionBackwardDataAlgorithm_v7(void*, void* w, void* y, void* convolution, void* x,
                                                int wanted, int* count, Performance* all) {
  FAIL_IF_PLANNED();
  if (!convolution_fits(of(x), of(w), of(convolution), of(y))) return kBadParameter;
  return list_algorithms(wanted, count, all, of(w), of(convolution), false);
}
int cudnnGetConvolutionBackwardDataWorkspaceSize(void*, void*, void*, void*, void*, int,
                                                 Size* bytes) {
  FAIL_IF_PLANNED();
  return *bytes = 0, 0;
}
int cudnnConvolutionBackwardData(void*, const void* alpha, void* w, const void* w_data, void* y,
                                 const void* y_data, void* convolution, int, void*, Size,
                                 const void* beta, void* x, void* x_data) {
  FAIL_IF_PLANNED();
  fake::launch(macs_of(of(w), of(y)), [=, dx = of(x), dw = of(w), dc = of(convolution), dy = of(y),
                                       a = number(alpha), b = number(beta)] {
    const bool tf32 = in_tf32(dc, dx);
    const Cells gradient = read(dy, y_data, tf32), filter = read(dw, w_data, tf32);
    std::vector<double> sums(static_cast<Size>(dx.count()));
    each_product(dx, dw, dy, Window(dc),
                 [&](Size i, Size k, Size o) { sums[i] += double{gradient[o]} * filter[k]; });
    write(dx, x_data, {sums.begin(), sums.end()}, a, b);
  });
  return 0;
}

int cudnnSetActivationDescriptor(void* made, int mode, int, double coefficient) {
  FAIL_IF_PLANNED();
  of(made).numbers[0] = mode;
  of(made).reals = {coefficient, 1};
  return 0;
}
int cudnnSetActivationDescriptorSwishBeta(void* made, double beta) {
  return of(made).reals[1] = beta, 0;
}
int cudnnActivationForward(void*, void* activation, const void* alpha, void* x, const void* x_data,
                           const void* beta, void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (of(x).dims != of(y).dims || of(activation).numbers[0] == dnn::kIdentity) return kBadParameter;
  fake::launch(kCellMacs * of(x).count(), [=, dx = of(x), dy = of(y), da = of(activation),
                                           a = number(alpha), b = number(beta)] {
    Cells values = read(dx, x_data);
    for (float& value : values) value = static_cast<float>(activate(da, value));
    write(dy, y_data, values, a, b);
  });
  return 0;
}

int cudnnSetPooling2dDescriptor(void* made, int mode, int, int kernel_h, int kernel_w, int pad_h,
                                int pad_w, int stride_h, int stride_w) {
  FAIL_IF_PLANNED();
  if (pad_h >= kernel_h || pad_w >= kernel_w) return kBadParameter;
  of(made).numbers = {mode, kernel_h, kernel_w, pad_h, pad_w, stride_h, stride_w};
  return 0;
}
int cudnnPoolingForward(void*, void* pooling, const void* alpha, void* x, const void* x_data,
                        const void* beta, void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (of(x).dims[1] != of(y).dims[1]) return kBadParameter;
  fake::launch(kCellMacs * of(x).count(), [=, dp = of(pooling), dx = of(x), dy = of(y),
                                           a = number(alpha), b = number(beta)] {
    const auto [mode, kh, kw, ph, pw, sh, sw, unused, unused2] = dp.numbers;
    const Cells image = read(dx, x_data);
    Cells values;
    for (std::int64_t plane = 0; plane < dy.dims[0] * dy.dims[1]; ++plane)
      for (std::int64_t oh = 0; oh < dy.dims[2]; ++oh)
        for (std::int64_t ow = 0; ow < dy.dims[3]; ++ow) {
          float best = -std::numeric_limits<float>::infinity();
          double sum = 0;
          int count = 0;
          for (std::int64_t i = std::max<std::int64_t>(0, oh * sh - ph);
               i < std::min<std::int64_t>(dx.dims[2], oh * sh - ph + kh); ++i)
            for (std::int64_t j = std::max<std::int64_t>(0, ow * sw - pw);
                 j < std::min<std::int64_t>(dx.dims[3], ow * sw - pw + kw); ++j) {
              const float value =
                  image[static_cast<Size>((plane * dx.dims[2] + i) * dx.dims[3] + j)];
              best = std::max(best, value);
              sum += value;
              ++count;
            }
          values.push_back(mode == dnn::kPoolMax ? best
                                                 : static_cast<float>(sum / std::max(1, count)));
        }
    write(dy, y_data, values, a, b);
  });
  return 0;
}

int cudnnSetLRNDescriptor(void* made, unsigned size, double alpha, double beta, double k) {
  FAIL_IF_PLANNED();
  if (size < 1 || size > 16) return kBadParameter;
  of(made).numbers[0] = static_cast<int>(size);
  of(made).reals = {alpha, beta, k};
  return 0;
}
int cudnnLRNCrossChannelForward(void*, void* norm, int, const void* alpha, void* x,
                                const void* x_data, const void* beta, void* y, void* y_data) {
  FAIL_IF_PLANNED();
  fake::launch(kCellMacs * of(y).count(), [=, dn = of(norm), dx = of(x), dy = of(y),
                                           a = number(alpha), b = number(beta)] {
    const Cells image = read(dx, x_data);
    Cells values(image.size());
    const std::int64_t size = dn.numbers[0], before = (size - 1) / 2,
                       inner = dx.dims[2] * dx.dims[3], channels = dx.dims[1];
    for (Size i = 0; i < image.size(); ++i) {
      const std::int64_t c = static_cast<std::int64_t>(i) / inner % channels;
      double squares = 0;
      for (std::int64_t k = std::max<std::int64_t>(0, c - before);
           k < std::min(channels, c - before + size); ++k) {
        const double other =
            image[static_cast<Size>(static_cast<std::int64_t>(i) + (k - c) * inner)];
        squares += other * other;
      }
      values[i] = static_cast<float>(
          image[i] *
          std::pow(dn.reals[2] + dn.reals[0] / static_cast<double>(size) * squares, -dn.reals[1]));
    }
    write(dy, y_data, values, a, b);
  });
  return 0;
}

int cudnnBatchNormalizationForwardInference(void*, int mode, const void* alpha, const void* beta,
                                            void* x, const void* x_data, void* y, void* y_data,
                                            void* channel, const void* scale, const void* shift,
                                            const void* mean, const void* variance,
                                            double epsilon) {
  FAIL_IF_PLANNED();
  if (mode != dnn::kBatchNormSpatial || of(channel).type != dnn::kFloat ||
      of(channel).dims[1] != of(x).dims[1])
    return kBadParameter;
  fake::launch(kCellMacs * of(x).count(), [=, dx = of(x), dy = of(y), dc = of(channel),
                                           a = number(alpha), b = number(beta)] {
    const Cells m = read(dc, mean), v = read(dc, variance), s = read(dc, scale),
                t = read(dc, shift);
    Cells values = read(dx, x_data);
    for (Size i = 0; i < values.size(); ++i) {
      const Size c = spread(dx, dc, i);
      values[i] = static_cast<float>((values[i] - m[c]) / std::sqrt(v[c] + epsilon) * s[c] + t[c]);
    }
    write(dy, y_data, values, a, b);
  });
  return 0;
}
int cudnnBatchNormalizationForwardTraining(void*, int mode, const void* alpha, const void* beta,
                                           void* x, const void* x_data, void* y, void* y_data,
                                           void* channel, const void* scale, const void* shift,
                                           double, void*, void*, double epsilon, void*, void*) {
  FAIL_IF_PLANNED();
  if (mode != dnn::kBatchNormSpatial || of(channel).dims[1] != of(x).dims[1]) return kBadParameter;
  fake::launch(kCellMacs * of(x).count(), [=, dx = of(x), dy = of(y), dc = of(channel),
                                           a = number(alpha), b = number(beta)] {
    const Cells s = read(dc, scale), t = read(dc, shift);
    Cells values = read(dx, x_data);
    const auto channels = static_cast<Size>(dx.dims[1]);
    std::vector<double> sum(channels), squares(channels);
    const double per = static_cast<double>(values.size()) / static_cast<double>(channels);
    for (Size i = 0; i < values.size(); ++i) sum[spread(dx, dc, i)] += values[i] / per;
    for (Size i = 0; i < values.size(); ++i) {
      const double off = values[i] - sum[spread(dx, dc, i)];
      squares[spread(dx, dc, i)] += off * off / per;
    }
    for (Size i = 0; i < values.size(); ++i) {
      const Size c = spread(dx, dc, i);
      values[i] =
          static_cast<float>((values[i] - sum[c]) / std::sqrt(squares[c] + epsilon) * s[c] + t[c]);
    }
    write(dy, y_data, values, a, b);
  });
  return 0;
}

int cudnnSoftmaxForward(void*, int, int mode, const void* alpha, void* x, const void* x_data,
                        const void* beta, void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (mode != dnn::kSoftmaxChannel) return kNotSupported;
  fake::launch(kCellMacs * of(x).count(), [=, dx = of(x), dy = of(y), a = number(alpha),
                                           b = number(beta)] {
    Cells values = read(dx, x_data);
    const auto inner = static_cast<Size>(dx.dims[2] * dx.dims[3]);
    const auto channels = static_cast<Size>(dx.dims[1]);
    for (Size outer = 0; outer < static_cast<Size>(dx.dims[0]); ++outer)
      for (Size i = 0; i < inner; ++i) {
        float* first = values.data() + outer * channels * inner + i;
        float most = *first;
        double sum = 0;
        for (Size c = 0; c < channels; ++c) most = std::max(most, first[c * inner]);
        for (Size c = 0; c < channels; ++c) sum += std::exp(double{first[c * inner]} - most);
        for (Size c = 0; c < channels; ++c)
          first[c * inner] = static_cast<float>(std::exp(double{first[c * inner]} - most) / sum);
      }
    write(dy, y_data, values, a, b);
  });
  return 0;
}

int cudnnSetOpTensorDescriptor(void* made, int operation, int type, int) {
  FAIL_IF_PLANNED();
  of(made).numbers[0] = operation;
  return type == dnn::kFloat ? 0 : kBadParameter;
}
int cudnnOpTensor(void*, void* operation, const void* alpha1, void* left, const void* left_data,
                  const void* alpha2, void* right, const void* right_data, const void* beta,
                  void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (of(left).dims != of(y).dims || !fits(of(y), of(right)) ||
      (right_data == y_data && left_data != y_data))
    return kBadParameter;
  fake::launch(kCellMacs * of(y).count(),
               [=, op = of(operation).numbers[0], dl = of(left), dr = of(right), dy = of(y),
                a1 = number(alpha1), a2 = number(alpha2), b = number(beta)] {
                 Cells values = read(dl, left_data);
                 const Cells other = read(dr, right_data);
                 for (Size i = 0; i < values.size(); ++i) {
                   const float p = a1 * values[i], q = a2 * other[spread(dy, dr, i)];
                   values[i] = op == dnn::kOpAdd   ? p + q
                               : op == dnn::kOpMul ? p * q
                               : op == dnn::kOpMin ? std::min(p, q)
                               : op == dnn::kOpMax ? std::max(p, q)
                                                   : std::sqrt(p);
                 }
                 write(dy, y_data, values, 1, b);
               });
  return 0;
}
int cudnnAddTensor(void*, const void* alpha, void* small, const void* small_data, const void* beta,
                   void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (!fits(of(y), of(small))) return kBadParameter;
  fake::launch(kCellMacs * of(y).count(),
               [=, ds = of(small), dy = of(y), a = number(alpha), b = number(beta)] {
                 const Cells part = read(ds, small_data);
                 Cells values(static_cast<Size>(dy.count()));
                 for (Size i = 0; i < values.size(); ++i) values[i] = part[spread(dy, ds, i)];
                 write(dy, y_data, values, a, b);
               });
  return 0;
}
int cudnnTransformTensor(void*, const void* alpha, void* x, const void* x_data, const void* beta,
                         void* y, void* y_data) {
  FAIL_IF_PLANNED();
  if (of(x).dims != of(y).dims) return kBadParameter;
  fake::launch(kCellMacs * of(x).count(),
               [=, dx = of(x), dy = of(y), a = number(alpha), b = number(beta)] {
                 write(dy, y_data, read(dx, x_data), a, b);
               });
  return 0;
}

int cudnnSetReduceTensorDescriptor(void* made, int operation, int, int, int, int) {
  FAIL_IF_PLANNED();
  return of(made).numbers[0] = operation, 0;
}
int cudnnGetReductionWorkspaceSize(void*, void*, void* x, void*, Size* bytes) {
  FAIL_IF_PLANNED();
  return *bytes = static_cast<Size>(of(x).count()), 0;
}
int cudnnReduceTensor(void*, void* reduction, void*, Size, void* workspace, Size bytes,
                      const void* alpha, void* x, const void* x_data, const void* beta, void* y,
                      void* y_data) {
  FAIL_IF_PLANNED();
  if (!fits(of(x), of(y)) || (bytes > 0 && !workspace)) return kBadParameter;
  fake::launch(kCellMacs * of(x).count(), [=, op = of(reduction).numbers[0], dx = of(x), dy = of(y),
                                           a = number(alpha), b = number(beta)] {
    const Cells from = read(dx, x_data);
    const auto count = static_cast<Size>(dy.count());
    const double start = op == dnn::kReduceMul   ? 1
                         : op == dnn::kReduceMin ? std::numeric_limits<double>::infinity()
                         : op == dnn::kReduceMax ? -std::numeric_limits<double>::infinity()
                                                 : 0;
    std::vector<double> sums(count, start);
    for (Size i = 0; i < from.size(); ++i) {
      double& sum = sums[spread(dx, dy, i)];
      const double v = from[i];
      if (op == dnn::kReduceMul) {
        sum *= v;
      } else if (op == dnn::kReduceMin) {
        sum = std::min(sum, v);
      } else if (op == dnn::kReduceMax) {
        sum = std::max(sum, v);
      } else {
        sum += op == dnn::kReduceNorm1 ? std::fabs(v) : op == dnn::kReduceNorm2 ? v * v : v;
      }
    }
    Cells values(count);
    for (Size i = 0; i < count; ++i)
      values[i] =
          static_cast<float>(op == dnn::kReduceAverage ? sums[i] * static_cast<double>(count) /
                                                             static_cast<double>(from.size())
                             : op == dnn::kReduceNorm2 ? std::sqrt(sums[i])
                                                       : sums[i]);
    write(dy, y_data, values, a, b);
  });
  return 0;
}

}  // extern "C"

#define SAME_AS_DECLARED(name, result, parameters) \
  static_assert(std::is_same_v<decltype(&::name), result(*) parameters>, #name);
namespace neuralpower::cuda {
NEURALPOWER_CUDNN_FUNCTIONS(SAME_AS_DECLARED)
}  // namespace neuralpower::cuda
