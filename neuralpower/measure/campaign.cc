// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/campaign.h"

#include <algorithm>
#include <optional>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/statistics.h"
#include "neuralpower/model/training/active_choice.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

constexpr std::size_t kFirstBlock = 4;

StoredMeasurement to_stored(const LayerConfig& layer, const LayerMeasurement& measured,
                            const std::vector<std::string>& domains) {
  StoredMeasurement stored;
  stored.layer = layer;
  stored.implementation = measured.implementation;
  stored.steady = measured.steady;
  stored.energy_absent = measured.energy_absent;
  stored.extras = measured.extras;
  for (const Repetition& repetition : measured.repetitions) {
    StoredRepetition row;
    row.runtime = repetition.runtime;
    row.executions = repetition.executions;
    row.window = repetition.window;
    row.power = repetition.power;
    row.energy = repetition.energy;
    for (std::size_t i = 0; i < repetition.domains.size() && i < domains.size(); ++i)
      if (repetition.domains[i]) row.domains[domains[i]] = *repetition.domains[i];
    for (const Mark mark : repetition.marks) row.marks.emplace_back(to_string(mark));
    stored.repetitions.push_back(std::move(row));
  }
  return stored;
}

// This shard's layers, those to come from `next` on.
struct Queue {
  std::vector<LayerConfig> all;    // measured earlier or not
  std::vector<std::size_t> order;  // places in `all` of those to be measured now
  std::size_t next = 0;
  std::optional<ActiveChoice> choice;  // who puts them in order, if not the list

  std::size_t left() const { return order.size() - next; }
  const LayerConfig& at(std::size_t i) const { return all[order[i]]; }

  // What was measured earlier is known to the choice as well.
  void choose_from(SampleStore& store, SampleStore::ConditionsId id) {
    choice.emplace(all);
    std::map<std::string, Seconds> known;
    for (const StoredMeasurement& measurement : store.measurements(id)) {
      std::vector<double> runtimes;
      for (const StoredRepetition& repetition : measurement.repetitions)
        runtimes.push_back(repetition.runtime.value());
      if (!runtimes.empty()) known[format_layer(measurement.layer)] = Seconds(median_of(runtimes));
    }
    std::vector<bool> waits(all.size());
    for (const std::size_t place : order) waits[place] = true;
    for (std::size_t place = 0; place < all.size(); ++place) {
      if (waits[place]) continue;
      const auto found = known.find(format_layer(all[place]));
      if (found == known.end()) {
        choice->leave_out(place);
      } else {
        choice->learn(place, found->second);
      }
    }
  }

  void bring_to_front(std::size_t count) {
    if (!choice) return;
    std::size_t front = next;
    for (const std::size_t place : choice->next(count)) {
      const auto found =
          std::find(order.begin() + static_cast<std::ptrdiff_t>(front), order.end(), place);
      if (found != order.end())
        std::iter_swap(found, order.begin() + static_cast<std::ptrdiff_t>(front++));
    }
  }
};

}  // namespace

Conditions campaign_conditions(const DeviceIdentity& device, const Backend& backend,
                               const PowerMeter* meter, const std::string& priority) {
  Conditions conditions;
  conditions.device = device.name;
  conditions.details = device.details;
  conditions.details.merge(backend.conditions());
  // A GPU is the device then, whatever processor launches its kernels.
  if (const auto gpu = conditions.details.find("gpu"); gpu != conditions.details.end())
    conditions.device = gpu->second;
  const auto library = conditions.details.find("library");
  conditions.software = library == conditions.details.end() ? backend.name() : library->second;
  if (const auto threads = conditions.details.find("threads"); threads != conditions.details.end())
    conditions.software +=
        ", " + threads->second + (threads->second == "1" ? " thread" : " threads");
  conditions.details["meter"] = meter ? meter->name() + ": " + meter->describe() : "none";
  conditions.details["priority"] = priority;
  return conditions;
}

CampaignResult run_campaign(const CampaignOptions& options, const Conditions& conditions,
                            Backend& backend, Clock& clock, PowerMeter* meter,
                            const std::string& no_meter_reason, SampleStore& store,
                            const CampaignCallback& progress) {
  if (options.shards < 1 || options.shard < 0 || options.shard >= options.shards)
    throw usage_error("shard " + std::to_string(options.shard + 1) + " of " +
                      std::to_string(options.shards) + " does not exist");
  const Seconds start = clock.now(), deadline = start + options.budget;
  const SampleStore::ConditionsId id = store.conditions_id(conditions);
  const std::set<std::string> finished = store.finished_layers(id);

  CampaignResult result;
  Queue queue;
  for (std::size_t i = static_cast<std::size_t>(options.shard); i < options.layers.size();
       i += static_cast<std::size_t>(options.shards)) {
    ++result.planned;
    if (finished.contains(format_layer(options.layers[i]))) {
      ++result.found;
    } else {
      queue.order.push_back(queue.all.size());
    }
    queue.all.push_back(options.layers[i]);
  }
  if (options.active) queue.choose_from(store, id);
  if (!meter) result.energy_absent = no_meter_reason;
  const std::vector<std::string> domains = meter ? meter->domains() : std::vector<std::string>{};

  ProtocolOptions protocol = options.protocol;
  protocol.min_slice = std::max(protocol.min_slice, backend.shortest_slice());
  // The first blocks are small, so that even a campaign that is killed every two seconds goes on.
  std::size_t block = std::min<std::size_t>(kFirstBlock, options.block_layers);
  while (queue.left() > 0 && clock.now() < deadline) {
    queue.bring_to_front(block);
    std::vector<std::unique_ptr<PreparedLayer>> prepared;
    std::vector<std::size_t> places;
    std::vector<StoredSkip> skips;
    for (; queue.left() > 0 && prepared.size() + skips.size() < block && clock.now() < deadline;
         ++queue.next) {
      const LayerConfig& layer = queue.at(queue.next);
      Preparation preparation = backend.prepare(layer);
      if (auto* skip = std::get_if<Skip>(&preparation)) {
        ++result.skip_reasons[skip->reason];
        skips.push_back({layer, std::move(skip->reason)});
      } else {
        prepared.push_back(std::get<0>(std::move(preparation)));
        places.push_back(queue.order[queue.next]);
      }
    }
    std::vector<PreparedLayer*> layers;
    for (const auto& layer : prepared) layers.push_back(layer.get());
    const std::vector<LayerMeasurement> measured =
        measure_layers(layers, protocol, clock, meter, no_meter_reason, deadline);
    ++protocol.seed;  // another order in the next block

    std::vector<StoredMeasurement> rows;
    for (std::size_t i = 0; i < measured.size(); ++i) {
      rows.push_back(to_stored(queue.all[places[i]], measured[i], domains));
      if (queue.choice) queue.choice->learn(places[i], measured[i].runtime);
      if (result.energy_absent.empty()) result.energy_absent = measured[i].energy_absent;
      for (const Repetition& repetition : measured[i].repetitions) {
        ++result.repetitions;
        if (!repetition.marks.empty()) ++result.marked_repetitions;
        result.in_windows += repetition.window;
      }
    }
    store.record(id, rows, skips);
    block = std::min<std::size_t>(2 * block, options.block_layers);
    result.measured += static_cast<int>(rows.size());
    result.skipped += static_cast<int>(skips.size());

    CampaignProgress report;
    report.planned = result.planned;
    report.finished = result.found + result.measured + result.skipped;
    report.elapsed = clock.now() - start;
    report.left = std::min(
        std::max(Seconds(0), deadline - clock.now()),
        report.elapsed * (static_cast<double>(queue.left()) / static_cast<double>(queue.next)));
    if (!places.empty()) report.last = format_layer(queue.all[places.back()]);
    if (progress && !progress(report)) break;
  }
  result.remaining = static_cast<int>(queue.left());
  result.elapsed = clock.now() - start;
  return result;
}

}  // namespace neuralpower
