// SPDX-License-Identifier: Apache-2.0
// Measuring layers on this machine into a store, which Device::train reads through read_samples.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

struct MeasureOptions {
  std::string backend = "onednn";
  std::string meter = "auto";  // "none": runtime only
  std::string recording;       // CSV of time and watts behind the meter "replay"
  int threads = 0;             // of the back-end; 0: all processors
  Seconds budget{120};
  int repetitions = 7;     // windows a layer, at least
  double precision = 0.1;  // further ones until its runtime is as certain (measure/protocol.h)
  std::uint64_t seed = 1;
  // One of `shards` machines that share the list measures every shards-th layer, from `shard` on
  // (counted from 0).
  int shard = 0, shards = 1;
};

struct MeasureProgress {
  int planned = 0, finished = 0;  // layers
  Seconds left{0};                // estimate
  std::string last;               // the text of a layer just measured
};

struct MeasureSummary {
  std::string device, software;
  int planned = 0;
  int found = 0;  // were in the store
  int measured = 0;
  int skipped = 0;    // the back-end cannot run them
  int remaining = 0;  // not reached within the budget
  int repetitions = 0, marked_repetitions = 0;
  int imprecise = 0;  // layers that did not reach the precision
  Seconds elapsed{0};
  std::map<std::string, int> skip_reasons;
  std::string energy_absent;  // why there is no energy, if there is none
};

// `progress` returns false to stop after the current block of layers. An earlier run into the same
// store is resumed. Error (environment) if back-end or meter are not available here.
MeasureSummary measure(const std::vector<LayerConfig>& layers, const std::filesystem::path& store,
                       const MeasureOptions& options = {},
                       const std::function<bool(const MeasureProgress&)>& progress = {});

}  // namespace neuralpower
