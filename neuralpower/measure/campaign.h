// SPDX-License-Identifier: Apache-2.0
// A campaign: measures a list of layers into a store within a time budget.
//
// Layers are taken in the order given and measured side by side with their repetitions interleaved,
// up to block_layers at a time: one that is certain leaves, the next ones are prepared and join
// (interleaved_layers.h). What has left is recorded a batch at a time, each in one transaction.
// What the store already has under the same conditions is not measured again, so that a campaign
// that was killed at any moment goes on where it stopped, with at most what was under way lost.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/device_identity.h"
#include "neuralpower/measure/power_meter.h"
#include "neuralpower/measure/protocol.h"
#include "neuralpower/samples/sample_store.h"

namespace neuralpower {

struct CampaignOptions {
  std::vector<LayerConfig> layers;  // in order; see expand() in sampling_plan.h
  Seconds budget{120};
  ProtocolOptions protocol;
  // Measured side by side: a few seconds of work, over which repetitions are spread. Fewer at
  // first.
  std::size_t block_layers = 64;
  // One of `shards` machines that share the list measures every shards-th layer, from `shard` on
  // (counted from 0).
  int shard = 0, shards = 1;
  // The next layers are what a model of all layers is least sure of, instead of the list's order.
  bool active = false;
};

struct CampaignProgress {
  int planned = 0;   // layers of this shard
  int finished = 0;  // measured or skipped, now or in an earlier run
  Seconds elapsed{0};
  Seconds left{0};   // estimate: until the list or the budget is at its end
  std::string last;  // the text of a layer just measured
};
// False: stop after this block.
using CampaignCallback = std::function<bool(const CampaignProgress&)>;

struct CampaignResult {
  int planned = 0;
  int found = 0;  // were in the store
  int measured = 0;
  int skipped = 0;    // the back-end cannot run them
  int remaining = 0;  // not reached
  int marked_repetitions = 0, repetitions = 0;
  Seconds elapsed{0};
  Seconds in_windows{0};  // the part of it that counted
  Seconds preparing{0}, warming_up{0};
  int imprecise = 0;           // layers that did not reach the protocol's precision
  double worst_precision = 0;  // of them
  std::string worst_layer;     // its text
  // What the machine's own pace was, relative to its best (1) in this campaign; absent without a
  // probe.
  struct PaceRange {
    double median = 1, lowest = 1;  // the lowest of what a layer's repetitions saw in the median
  };
  std::optional<PaceRange> arithmetic_pace, memory_pace;
  std::map<std::string, int> skip_reasons;
  std::string energy_absent;  // why there is no energy, if there is none
};

// What a measurement by this back-end and meter on this device has as its conditions. `priority`
// comes from RealTimePriority::describe().
Conditions campaign_conditions(const DeviceIdentity& device, const Backend& backend,
                               const PowerMeter* meter, const std::string& priority);

// `meter` may be null; `no_meter_reason` then says why.
CampaignResult run_campaign(const CampaignOptions& options, const Conditions& conditions,
                            Backend& backend, Clock& clock, PowerMeter* meter,
                            const std::string& no_meter_reason, SampleStore& store,
                            const CampaignCallback& progress = {});

}  // namespace neuralpower
