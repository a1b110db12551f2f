// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/paleo.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

constexpr double kBytesOfNumber = 4;
constexpr std::size_t kLargestSheet = std::size_t{1} << 20;

PaleoTime time_of(double flops, std::initializer_list<double> tensors, const PaleoDevice& device) {
  const Seconds tick = microseconds(1 / device.clock_mhz);
  PaleoTime time;
  time.flops = flops;
  if (flops > 0)
    time.compute = std::max(tick, Seconds(flops / 1e9 / device.peak_gflops / device.ppp));
  for (double elements : tensors) {
    const double bytes = elements * kBytesOfNumber;
    time.bytes += bytes;
    time.memory += std::max(tick, Seconds(bytes / (1 << 30) / device.bandwidth_gb_s / device.ppp));
  }
  time.total = time.compute + time.memory;
  return time;
}

// One axis of the stride-1 convolution that computes a transposed convolution: the input with
// stride - 1 holes between its cells, padded so that the output comes out.
struct SpreadAxis {
  std::int64_t cells = 0, pad = 0;
};

SpreadAxis spread(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                  std::int64_t pad) {
  SpreadAxis axis{(in - 1) * stride + 1, 0};
  const std::int64_t before = kernel - 1 - pad;
  const std::int64_t after = out + kernel - 1 - axis.cells - before;
  if (std::abs(before - after) == 1) ++axis.cells;  // Paleo evens the padding out
  axis.pad = std::min(before, after);
  return axis;
}

struct TimeLayer {
  const LayerConfig& layer;
  const PaleoDevice& device;

  const Shape& in() const { return layer.inputs[0]; }
  static double count(const Shape& shape) { return static_cast<double>(shape.element_count()); }

  PaleoTime operator()(const Convolution& op) const {
    const Work work = count_work(layer);
    const Shape padded{in()[0], in()[1], in()[2] + 2 * std::min(op.pad.top, op.pad.bottom),
                       in()[3] + 2 * std::min(op.pad.left, op.pad.right)};
    return time_of(2.0 * static_cast<double>(work.macs),
                   {count(padded), static_cast<double>(work.weights), count(output_shape(layer))},
                   device);
  }

  PaleoTime operator()(const TransposedConvolution& op) const {
    const Shape out = output_shape(layer);
    const SpreadAxis h =
        spread(in()[2], out[2], op.kernel.h, op.stride.h, std::min(op.pad.top, op.pad.bottom));
    const SpreadAxis w =
        spread(in()[3], out[3], op.kernel.w, op.stride.w, std::min(op.pad.left, op.pad.right));
    const double taps = static_cast<double>(op.kernel.h) * static_cast<double>(op.kernel.w) *
                        static_cast<double>(in()[1] / op.groups);
    double flops = 2 * taps * count(out);
    const bool has_holes = h.cells != in()[2] || w.cells != in()[3];
    if (has_holes) flops += 2 * count(in());  // every cell is moved to its place
    const Shape padded{in()[0], in()[1], std::max<std::int64_t>(h.cells + 2 * h.pad, 0),
                       std::max<std::int64_t>(w.cells + 2 * w.pad, 0)};
    return time_of(flops, {count(padded), taps * static_cast<double>(op.out_channels), count(out)},
                   device);
  }

  PaleoTime operator()(const FullyConnected&) const {
    const Work work = count_work(layer);
    return time_of(2.0 * static_cast<double>(work.macs),
                   {count(in()), static_cast<double>(work.weights), count(output_shape(layer))},
                   device);
  }

  PaleoTime operator()(const Pooling&) const {
    // One operation per window cell and output in Work, two in Paleo.
    const Work work = count_work(layer);
    return time_of(2.0 * static_cast<double>(work.flops), {count(in()), count(output_shape(layer))},
                   device);
  }

  PaleoTime operator()(const Dropout&) const {
    return time_of(count(in()), {count(in()), count(in())}, device);
  }

  template <typename FreeOrUnknown>
  PaleoTime operator()(const FreeOrUnknown&) const {
    return {};
  }
};

struct Covers {
  PaleoCoverage operator()(const Convolution&) const { return PaleoCoverage::kModelled; }
  PaleoCoverage operator()(const TransposedConvolution&) const { return PaleoCoverage::kModelled; }
  PaleoCoverage operator()(const FullyConnected&) const { return PaleoCoverage::kModelled; }
  PaleoCoverage operator()(const Pooling&) const { return PaleoCoverage::kModelled; }
  PaleoCoverage operator()(const Dropout&) const { return PaleoCoverage::kModelled; }
  PaleoCoverage operator()(const Normalization&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const Activation&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const Elementwise&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const Concat&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const Softmax&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const View&) const { return PaleoCoverage::kFree; }
  PaleoCoverage operator()(const DataMovement& op) const {
    return op.mode == MoveMode::kResize ? PaleoCoverage::kFree : PaleoCoverage::kUnknown;
  }
  PaleoCoverage operator()(const Convolution3d&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const TransposedConvolution3d&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const Pooling3d&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const MatMul&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const Reduction&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const Embedding&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const Recurrent&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const Attention&) const { return PaleoCoverage::kUnknown; }
  PaleoCoverage operator()(const UnsupportedOp&) const { return PaleoCoverage::kUnknown; }
};

}  // namespace

PaleoCoverage paleo_coverage(const Op& op) { return std::visit(Covers{}, op); }

PaleoTime paleo_time(const LayerConfig& layer, const PaleoDevice& device) {
  return std::visit(TimeLayer{layer, device}, layer.op);
}

NetworkPrediction predict_with_paleo(const Network& network, const PaleoDevice& device) {
  NetworkPrediction prediction;
  prediction.network = network.name;
  prediction.device = device.name;
  prediction.method = "paleo";
  prediction.batch = network.batch;
  prediction.no_power = "Paleo has no model of power";
  for (const Layer& layer : network.layers) {
    LayerPrediction one;
    one.name = layer.name;
    one.config = layer.config;
    one.params = layer.params;
    one.source_op = layer.source_op;
    const PaleoCoverage coverage = paleo_coverage(layer.config.op);
    one.covered = coverage != PaleoCoverage::kUnknown;
    if (coverage == PaleoCoverage::kFree) one.reason = "free in Paleo";
    if (coverage == PaleoCoverage::kUnknown)
      one.reason = "Paleo has no model of " + std::string(kind_of(layer.config.op));
    if (one.covered) {
      const Seconds total = paleo_time(layer.config, device).total;
      one.runtime = Estimate<Seconds>{total, total, total};
    }
    prediction.layers.push_back(std::move(one));
  }
  add_up(prediction);
  return prediction;
}

PaleoDevice parse_paleo_device(std::string_view json) {
  const nlohmann::json document =
      nlohmann::json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) throw bad_input("a device spec is a JSON object");
  const auto number = [&](const char* key) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_number() || !(found->get<double>() > 0))
      throw bad_input("a device spec needs a positive number '" + std::string(key) + "'");
    return found->get<double>();
  };
  PaleoDevice device;
  const auto name = document.find("name");
  if (name == document.end() || !name->is_string())
    throw bad_input("a device spec needs a text 'name'");
  device.name = name->get<std::string>();
  device.clock_mhz = number("clock_mhz");
  device.peak_gflops = number("peak_gflops");
  device.bandwidth_gb_s = number("bandwidth_gb_s");
  if (document.contains("ppp")) device.ppp = number("ppp");
  if (device.ppp > 1) throw bad_input("'ppp' is a share of the peak, at most 1");
  return device;
}

PaleoDevice load_paleo_device(const std::filesystem::path& file) {
  try {
    return parse_paleo_device(read_file(file, kLargestSheet));
  } catch (Error& error) {
    error.in_file(file.string());
    throw;
  }
}

}  // namespace neuralpower
