// SPDX-License-Identifier: Apache-2.0
// Paleo, the analytical baseline (Qi, Sparks, Talwalkar: "Paleo: a performance model for deep
// neural networks", ICLR 2017): the forward pass, every convolution as a matrix product.
//
//   compute = max(tick, flops / 10^9 / peak / PPP), 0 where flops are 0
//   memory  = sum over the layer's tensors of max(tick, bytes / 2^30 / bandwidth / PPP)
//   total   = compute + memory: nothing overlaps;  a network is the sum of its layers
//
// with tick = 1 us / clock[MHz], four-byte numbers whatever the layer's type, and PPP the share of
// the peak that the platform reaches. (10^9 for operations but 2^30 for bytes is Paleo's.)
//
//   conv     2 kh kw Ci/groups Co Ho Wo N     padded input, filter, output
//   deconv   the stride-1 convolution over the spread-out input, with the holes not multiplied
//   fc       2 N in out                       input, weights, output
//   pool     2 kh kw C Ho Wo N                input without padding, output
//   dropout  elements of the input            input, output
//
// Activations, normalisation, softmax, concat, element-wise layers, views and resizing cost nothing
// in Paleo. Other kinds it does not know; it takes them for free, here they are not covered.
// Where Paleo pads by half a cell (SAME with an odd sum), it counts the rounded-down side twice; so
// does this, from the smaller of the two sides.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "neuralpower/base/units.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

struct PaleoDevice {
  std::string name;
  double clock_mhz = 0;
  double peak_gflops = 0;     // 10^9 operations a second
  double bandwidth_gb_s = 0;  // taken as 2^30 bytes a second
  double ppp = 1;             // platform percent of peak, 0 to 1
};

struct PaleoTime {
  double flops = 0;
  double bytes = 0;
  Seconds compute, memory, total;
};

enum class PaleoCoverage { kModelled, kFree, kUnknown };
PaleoCoverage paleo_coverage(const Op& op);

// All zero for what is free or unknown. Error if the shapes do not fit.
PaleoTime paleo_time(const LayerConfig& layer, const PaleoDevice& device);

// Runtime only: Paleo has no model of power. Intervals are the value itself.
NetworkPrediction predict_with_paleo(const Network& network, const PaleoDevice& device);

// A device's data sheet, as in devices/specs/*.json:
//   {"name": "...", "clock_mhz": n, "peak_gflops": n, "bandwidth_gb_s": n, "ppp": n (1),
//    "board_power_w": n, "source": "...", ...}
// Error naming the key that is missing or not positive. Other keys are for others.
PaleoDevice parse_paleo_device(std::string_view json);
PaleoDevice load_paleo_device(const std::filesystem::path& file);

}  // namespace neuralpower
