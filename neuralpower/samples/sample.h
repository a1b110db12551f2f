// SPDX-License-Identifier: Apache-2.0
// Sample: one measurement of one layer on one device; NetworkSample: of one whole network.
//
// Samples whose `layer` is equal are repetitions of one configuration. Energy is that of one run at
// the layer's batch size. What no meter measured is absent, never zero.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

struct Sample {
  LayerConfig layer;
  std::string network;  // empty: a layer by itself
  int position = 0;     // in that network, from 1; 0: none
  std::string name;
  int repetition = 1;
  Seconds runtime{0};
  std::optional<Watts> power;
  std::optional<Joules> energy;
  std::string device, software;
  // What the software stack spent around this layer, not in it: a profile's share of the time
  // between nodes. No part of `runtime`.
  Seconds overhead{0};
  std::map<std::string, double> extras;  // further columns, by name: "kernel_ms"
};

struct NetworkSample {
  std::string network;
  std::int64_t batch = 1;
  int repetition = 1;
  Seconds runtime{0};
  std::optional<Watts> power;
  std::optional<Joules> energy;
};

// All repetitions of one configuration, reduced: medians over the repetitions that have the value.
struct ReducedSample {
  LayerConfig layer;
  std::string text;  // format_layer(layer): the key
  int repetitions = 0;
  Seconds runtime{0};
  std::optional<Watts> power;
  std::optional<Joules> energy;
  // Mean squared relative error of predicting each repetition by the median; absent for fewer than
  // two repetitions. What no model of the layer alone can undercut by much.
  std::optional<double> runtime_spread, power_spread, energy_spread;
};

// One row per configuration, in order of first appearance.
std::vector<ReducedSample> reduce_repetitions(const std::vector<Sample>& samples);

}  // namespace neuralpower
