// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/merge_stores.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

std::string value_or_nothing(const Conditions& conditions, const std::string& key) {
  const auto found = conditions.details.find(key);
  return found == conditions.details.end() ? "(nothing)" : found->second;
}

// The first detail in which they differ; empty if there is none.
std::string first_difference(const Conditions& a, const Conditions& b) {
  for (const Conditions* one : {&a, &b})
    for (const auto& [key, value] : one->details)
      if (value_or_nothing(a, key) != value_or_nothing(b, key)) return key;
  return {};
}

void refuse_contradictions(const Conditions& here, const Conditions& there) {
  if (here.device != there.device || here.software != there.software) return;
  const std::string key = first_difference(here, there);
  if (key.empty()) return;
  throw bad_input("the stores contradict each other: device '" + here.device + "', software '" +
                  here.software + "' has " + key + " " + value_or_nothing(here, key) +
                  " in one and " + value_or_nothing(there, key) +
                  " in the other; keep them apart, or give one of the devices another name");
}

bool equal(const NetworkSample& a, const NetworkSample& b) {
  return a.network == b.network && a.batch == b.batch && a.repetition == b.repetition &&
         a.runtime == b.runtime && a.power == b.power && a.energy == b.energy;
}

}  // namespace

MergeResult merge_stores(SampleStore& into, SampleStore& from) {
  const auto theirs = from.all_conditions();
  for (const auto& [here_id, here] : into.all_conditions())
    for (const auto& [there_id, there] : theirs) refuse_contradictions(here, there);

  MergeResult result;
  for (const auto& [their_id, conditions] : theirs) {
    const auto id = into.conditions_id(conditions);
    const auto finished = into.finished_layers(id);
    const auto is_there = [&](const auto& row) {
      return finished.contains(format_layer(row.layer));
    };
    auto measurements = from.measurements(their_id);
    auto skips = from.skips(their_id);
    result.duplicates += static_cast<int>(std::erase_if(measurements, is_there));
    std::erase_if(skips, is_there);
    into.record(id, measurements, skips);
    result.measurements += static_cast<int>(measurements.size());
    result.skips += static_cast<int>(skips.size());

    const auto known = into.networks(id);
    auto networks = from.networks(their_id);
    std::erase_if(networks, [&](const NetworkSample& network) {
      return std::any_of(known.begin(), known.end(),
                         [&](const NetworkSample& other) { return equal(network, other); });
    });
    into.record_networks(id, networks);
    result.networks += static_cast<int>(networks.size());
  }
  return result;
}

}  // namespace neuralpower
