// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/image_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace neuralpower::plain {
namespace {

using Index = std::int64_t;

// A window sliding over an image: `outer` is the larger image (with padding around it), `inner` the
// one with a cell per window position.
struct Windows {
  Index channels = 0;  // of the outer image, per group
  Index outer_h = 0, outer_w = 0, inner_h = 0, inner_w = 0;
  Size2 kernel, stride, dilation;
  Padding pad;

  Index rows() const { return channels * kernel.h * kernel.w; }
  Index columns() const { return inner_h * inner_w; }
  bool is_identity() const {
    return kernel == Size2{1, 1} && stride == Size2{1, 1} && pad == Padding{};
  }
};

// One row per channel and kernel cell, one column per window.
void image_to_columns(const Windows& w, const float* image, float* columns) {
#pragma omp parallel for schedule(static)
  for (Index row = 0; row < w.rows(); ++row) {
    const Index kw = row % w.kernel.w, kh = row / w.kernel.w % w.kernel.h,
                c = row / w.kernel.w / w.kernel.h;
    const float* plane = image + c * w.outer_h * w.outer_w;
    float* out = columns + row * w.columns();
    for (Index y = 0; y < w.inner_h; ++y) {
      const Index ih = y * w.stride.h - w.pad.top + kh * w.dilation.h;
      if (ih < 0 || ih >= w.outer_h) {
        std::fill(out, out + w.inner_w, 0.0f);
        out += w.inner_w;
        continue;
      }
      for (Index x = 0; x < w.inner_w; ++x) {
        const Index iw = x * w.stride.w - w.pad.left + kw * w.dilation.w;
        *out++ = iw >= 0 && iw < w.outer_w ? plane[ih * w.outer_w + iw] : 0.0f;
      }
    }
  }
}

// Adds each column's cells back to where its window lay.
void columns_to_image(const Windows& w, const float* columns, float* image) {
#pragma omp parallel for schedule(static)
  for (Index c = 0; c < w.channels; ++c) {
    float* plane = image + c * w.outer_h * w.outer_w;
    for (Index kh = 0; kh < w.kernel.h; ++kh)
      for (Index kw = 0; kw < w.kernel.w; ++kw) {
        const float* in = columns + ((c * w.kernel.h + kh) * w.kernel.w + kw) * w.columns();
        for (Index y = 0; y < w.inner_h; ++y)
          for (Index x = 0; x < w.inner_w; ++x, ++in) {
            const Index oh = y * w.stride.h - w.pad.top + kh * w.dilation.h;
            const Index ow = x * w.stride.w - w.pad.left + kw * w.dilation.w;
            if (oh >= 0 && oh < w.outer_h && ow >= 0 && ow < w.outer_w)
              plane[oh * w.outer_w + ow] += *in;
          }
      }
  }
}

void fill_with_bias(const float* bias, Index channels, Index plane, float* out) {
#pragma omp parallel for schedule(static)
  for (Index c = 0; c < channels; ++c) std::fill(out + c * plane, out + (c + 1) * plane, bias[c]);
}

float weight_scale(Index inputs_per_output) {
  return std::sqrt(2.0f / static_cast<float>(std::max<Index>(1, inputs_per_output)));
}

std::size_t cells(const Shape& shape) { return static_cast<std::size_t>(shape.element_count()); }

}  // namespace

Kernel convolution_kernel(const Convolution& op, const Shape& in, const Shape& out,
                          Multiply multiply, const std::string& product_name) {
  const Index groups = op.groups, per_out = op.out_channels / groups;
  const Windows w{in[1] / groups, in[2],     in[3],       out[2], out[3],
                  op.kernel,      op.stride, op.dilation, op.pad};
  Kernel kernel;
  kernel.implementation = (w.is_identity() ? "" : "im2col + ") + product_name;
  kernel.inputs = {{cells(in)}};
  kernel.weights = {{static_cast<std::size_t>(op.out_channels * w.rows()), weight_scale(w.rows())},
                    {static_cast<std::size_t>(op.out_channels), 0.1f}};
  kernel.output = cells(out);
  if (!w.is_identity()) kernel.scratch = static_cast<std::size_t>(w.rows() * w.columns());
  const Index batch = in[0], image = in.element_count_from(1), result = out.element_count_from(1);
  kernel.run = [=](const Pointers& p) {
    for (Index n = 0; n < batch; ++n) {
      float* target = p.output + n * result;
      fill_with_bias(p.weights[1], per_out * groups, w.columns(), target);
      for (Index g = 0; g < groups; ++g) {
        const float* source = p.inputs[0] + n * image + g * w.channels * w.outer_h * w.outer_w;
        if (!w.is_identity()) image_to_columns(w, source, p.scratch);
        multiply({per_out, w.columns(), w.rows(), p.weights[0] + g * per_out * w.rows(),
                  w.is_identity() ? source : p.scratch, target + g * per_out * w.columns(), false,
                  1});
      }
    }
  };
  return kernel;
}

Kernel deconvolution_kernel(const TransposedConvolution& op, const Shape& in, const Shape& out,
                            Multiply multiply, const std::string& product_name) {
  const Index groups = op.groups, per_in = in[1] / groups, per_out = op.out_channels / groups;
  const Windows w{per_out, out[2], out[3], in[2], in[3], op.kernel, op.stride, op.dilation, op.pad};
  const Index taps = op.kernel.h * op.kernel.w;
  Kernel kernel;
  kernel.implementation = product_name + " + col2im";
  kernel.inputs = {{cells(in)}};
  kernel.weights = {
      {static_cast<std::size_t>(op.out_channels * per_in * taps), weight_scale(per_in * taps)},
      {static_cast<std::size_t>(op.out_channels), 0.1f}};
  kernel.output = cells(out);
  // The columns, and the weights of a group with the output's channels and taps in front.
  kernel.scratch = static_cast<std::size_t>(w.rows() * w.columns() + w.rows() * per_in);
  const Index batch = in[0], image = in.element_count_from(1), result = out.element_count_from(1);
  kernel.run = [=](const Pointers& p) {
    float* columns = p.scratch;
    float* packed = p.scratch + w.rows() * w.columns();
    for (Index g = 0; g < groups; ++g) {
      const float* weights = p.weights[0] + g * per_out * per_in * taps;
      for (Index co = 0; co < per_out; ++co)
        for (Index ci = 0; ci < per_in; ++ci)
          for (Index t = 0; t < taps; ++t)
            packed[(co * taps + t) * per_in + ci] = weights[(co * per_in + ci) * taps + t];
      for (Index n = 0; n < batch; ++n) {
        float* target = p.output + n * result + g * per_out * w.outer_h * w.outer_w;
        fill_with_bias(p.weights[1] + g * per_out, per_out, w.outer_h * w.outer_w, target);
        multiply({w.rows(), w.columns(), per_in, packed,
                  p.inputs[0] + n * image + g * per_in * w.columns(), columns, false, 0});
        columns_to_image(w, columns, target);
      }
    }
  };
  return kernel;
}

Kernel pooling_kernel(const Pooling& op, const Shape& in, const Shape& out) {
  const bool adaptive = op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax;
  const bool is_max = op.mode == PoolMode::kMax || op.mode == PoolMode::kAdaptiveMax;
  const Index planes = in[0] * in[1], ih = in[2], iw = in[3], oh = out[2], ow = out[3];
  // The cells [low, high) of one window along an axis, in steps of the dilation.
  struct Range {
    Index low, high, step;
  };
  const auto range = [=](Index o, Index size, Index outputs, Index k, Index stride, Index dilation,
                         Index before) -> Range {
    if (adaptive) return {o * size / outputs, ((o + 1) * size + outputs - 1) / outputs, 1};
    const Index start = o * stride - before, end = start + (k - 1) * dilation + 1;
    const Index low = start < 0 ? start + (-start + dilation - 1) / dilation * dilation : start;
    return {low, std::min(end, size), dilation};
  };
  Kernel kernel;
  kernel.implementation = "loops";
  kernel.inputs = {{cells(in)}};
  kernel.output = cells(out);
  kernel.run = [=](const Pointers& p) {
#pragma omp parallel for schedule(static)
    for (Index plane = 0; plane < planes; ++plane) {
      const float* source = p.inputs[0] + plane * ih * iw;
      float* target = p.output + plane * oh * ow;
      for (Index y = 0; y < oh; ++y) {
        const Range rows = range(y, ih, oh, op.kernel.h, op.stride.h, op.dilation.h, op.pad.top);
        for (Index x = 0; x < ow; ++x) {
          const Range columns =
              range(x, iw, ow, op.kernel.w, op.stride.w, op.dilation.w, op.pad.left);
          float best = std::numeric_limits<float>::lowest(), sum = 0;
          int count = 0;
          for (Index h = rows.low; h < rows.high; h += rows.step)
            for (Index v = columns.low; v < columns.high; v += columns.step) {
              best = std::max(best, source[h * iw + v]);
              sum += source[h * iw + v];
              ++count;
            }
          *target++ = is_max ? best : sum / static_cast<float>(std::max(1, count));
        }
      }
    }
  };
  return kernel;
}

}  // namespace neuralpower::plain
