// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/network_campaign.h"

#include <set>
#include <utility>

namespace neuralpower {

NetworkCampaignResult run_network_campaign(
    const std::vector<Network>& networks, const NetworkMeasureOptions& options, Seconds budget,
    const Conditions& conditions, Backend& backend, Clock& clock, PowerMeter* meter,
    const std::string& no_meter_reason, SampleStore& store,
    const std::function<void(int done, const std::string& next)>& progress) {
  const Seconds start = clock.now();
  const SampleStore::ConditionsId id = store.conditions_id(conditions);
  std::set<std::pair<std::string, std::int64_t>> known;
  for (const NetworkSample& sample : store.networks(id))
    known.emplace(sample.network, sample.batch);

  NetworkCampaignResult result;
  for (const Network& network : networks) {
    ++result.planned;
    if (known.contains({network.name, network.batch})) {
      ++result.found;
      continue;
    }
    if (clock.now() - start >= budget) {
      ++result.remaining;
      continue;
    }
    if (progress) progress(result.found + result.measured, network.name);
    NetworkMeasurement measured =
        measure_network(network, backend, clock, meter, options, no_meter_reason);
    std::vector<NetworkSample> rows;
    for (const Seconds pass : measured.passes) {
      NetworkSample row;
      row.network = network.name;
      row.batch = network.batch;
      row.repetition = static_cast<int>(rows.size()) + 1;
      row.runtime = pass;
      row.power = measured.power;
      if (row.power) row.energy = *row.power * pass;
      rows.push_back(std::move(row));
    }
    store.record_networks(id, rows);
    ++result.measured;
    result.networks.push_back(std::move(measured));
  }
  result.elapsed = clock.now() - start;
  return result;
}

}  // namespace neuralpower
