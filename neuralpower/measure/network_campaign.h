// SPDX-License-Identifier: Apache-2.0
// Whole networks, one after the other, into a store: each pass a row. What the store already has
// under the same conditions is not measured again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/network_measurement.h"

namespace neuralpower {

struct NetworkCampaignResult {
  int planned = 0, found = 0, measured = 0, remaining = 0;
  Seconds elapsed{0};
  std::vector<NetworkMeasurement> networks;  // those measured now
};

// `networks` are known in the store by their name and batch. Begins no network after `budget`.
NetworkCampaignResult run_network_campaign(
    const std::vector<Network>& networks, const NetworkMeasureOptions& options, Seconds budget,
    const Conditions& conditions, Backend& backend, Clock& clock, PowerMeter* meter,
    const std::string& no_meter_reason, SampleStore& store,
    const std::function<void(int done, const std::string& next)>& progress = {});

}  // namespace neuralpower
