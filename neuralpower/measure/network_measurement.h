// SPDX-License-Identifier: Apache-2.0
// Measuring a whole network: passes over all layers, timed as a whole, and, interleaved with them,
// passes in which every layer is timed in its place, between its neighbours.
//
// A layer in place finds its input in the caches as the layer before left it and its weights as
// the rest of the network left them; that is the truth a layer measured alone must come close to.
// Passes during which other processes took our processors do not count while others are left.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

struct NetworkMeasureOptions {
  int warm_up_passes = 2;
  int passes = 15;       // of each kind
  int least_passes = 3;  // even when the budget is over
  Seconds budget{10};    // for all passes together
  int min_meter_updates = 20;
};

struct NetworkMeasurement {
  struct InPlace {
    Seconds runtime{0};          // the layer's own work; 0 for what costs nothing
    Seconds reorders{0};         // changes of layout on its behalf
    std::string implementation;  // empty for what costs nothing
    std::string skipped;         // not empty: it was not run, and why
  };

  std::string network;
  std::int64_t batch = 1;
  Seconds runtime{0}, low{0}, high{0};  // of a whole pass: median, and its 95 % interval
  std::vector<Seconds> passes;          // raw, whole
  int disturbed_passes = 0;             // not counted
  std::vector<InPlace> layers;          // one per layer of the network, in its order
  int reorders = 0;                     // steps that change a layout
  std::optional<Watts> power;           // mean over whole passes
  std::optional<Joules> energy;         // of one whole pass
  std::string energy_absent;

  Seconds sum_of_layers() const;  // runtime + reorders of all
};

NetworkMeasurement measure_network(const Network& network, Backend& backend, Clock& clock,
                                   PowerMeter* meter, const NetworkMeasureOptions& options,
                                   std::string_view no_meter_reason = "no power meter was given");

}  // namespace neuralpower
