// SPDX-License-Identifier: Apache-2.0
// What is predicted: runtime, power and energy of each layer and of the whole network.
//
// Whole network (Cai et al. 2017, equations 3 to 5): T = sum T_n, E = sum P_n T_n, P = E / T.
// Bounds of totals are the sums of the layers' bounds: layer errors of one device model are
// correlated, so they are not assumed to cancel.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

// A value with its 90 % interval.
template <typename Unit>
struct Estimate {
  Unit value, low, high;
};

struct LayerPrediction {
  std::string name;
  LayerConfig config;
  std::int64_t params = 0;
  std::string source_op;

  bool covered = false;
  std::string reason;  // why it is not covered, or what to know about how it is
  std::optional<Estimate<Seconds>> runtime;
  std::optional<Estimate<Watts>> power;
  std::optional<Estimate<Joules>> energy;
  std::vector<std::string> warnings;  // "extrapolates: Ci 4096 is 8.0x the largest measured"
};

struct Coverage {
  int layers = 0, covered = 0;
  double share_of_macs = 1;  // of the multiply-accumulates, 1 if there are none
  bool complete() const { return layers == covered; }
};

struct NetworkPrediction {
  std::string network, device, method;
  std::int64_t batch = 1;
  std::vector<LayerPrediction> layers;
  // Over the layers that have a prediction, covered or estimated; absent if none has, power and
  // energy also if the device has no power model for a layer that takes time.
  std::optional<Estimate<Seconds>> runtime;  // with the overhead
  std::optional<Estimate<Watts>> power;
  std::optional<Estimate<Joules>> energy;
  Seconds overhead{0};   // what the software stack spends between the layers
  std::string no_power;  // why power and energy are absent
  Coverage coverage;
  // Index of the layer that takes most of each; -1 if there is none.
  int slowest = -1, hungriest = -1, most_energy = -1;
};

// Sums the layers up; fills everything below `layers` but the overhead and no_power.
void add_up(NetworkPrediction& prediction);
// The same where the multiply-accumulates of each layer are known.
void add_up(NetworkPrediction& prediction, std::span<const std::int64_t> macs);

}  // namespace neuralpower
