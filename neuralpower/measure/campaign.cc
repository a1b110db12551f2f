// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/campaign.h"

#include <algorithm>
#include <optional>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/interleaved_layers.h"
#include "neuralpower/measure/statistics.h"
#include "neuralpower/model/training/active_choice.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

// Few at first, so that even a campaign that is killed every two seconds goes on.
constexpr std::size_t kFirstTogether = 4;

StoredMeasurement to_stored(const LayerConfig& layer, const LayerMeasurement& measured,
                            double precision, const std::vector<std::string>& domains) {
  StoredMeasurement stored;
  stored.layer = layer;
  stored.implementation = measured.implementation;
  stored.steady = measured.steady;
  stored.energy_absent = measured.energy_absent;
  stored.extras = measured.extras;
  stored.extras["ci95_percent"] = 100 * measured.precision;
  if (precision > 0) stored.extras["ci95_target_percent"] = 100 * precision;
  if (measured.pace) {
    stored.extras["pace_arithmetic_us"] = in_microseconds(measured.pace->arithmetic);
    stored.extras["pace_memory_us"] = in_microseconds(measured.pace->memory);
  }
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

// The machine's pace over a campaign, from what its layers saw.
struct PaceRecord {
  std::vector<double> arithmetic, memory;  // seconds

  void add(const std::optional<Pace>& pace) {
    if (!pace) return;
    arithmetic.push_back(pace->arithmetic.value());
    memory.push_back(pace->memory.value());
  }
  static std::optional<CampaignResult::PaceRange> range(const std::vector<double>& times) {
    if (times.empty()) return std::nullopt;
    const auto [best, worst] = std::minmax_element(times.begin(), times.end());
    return CampaignResult::PaceRange{*best / median_of(times), *best / *worst};
  }
};

// This shard's layers, those to come from `next` on.
struct Queue {
  std::vector<LayerConfig> all;    // measured earlier or not
  std::vector<std::size_t> order;  // places in `all` of those to be measured now
  std::size_t next = 0;
  std::optional<ActiveChoice> choice;  // who puts them in order, if not the list

  std::size_t left() const { return order.size() - next; }

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

// A campaign at work: what it waits for, what it measures now, what it has to record.
class Campaign {
 public:
  Campaign(const CampaignOptions& options, const Conditions& conditions, Backend& backend,
           Clock& clock, PowerMeter* meter, const std::string& no_meter_reason, SampleStore& store)
      : options_(options),
        protocol_(with_slice(options.protocol, backend)),
        backend_(backend),
        clock_(clock),
        store_(store),
        id_(store.conditions_id(conditions)),
        start_(clock.now()),
        deadline_(start_ + options.budget),
        domains_(meter ? meter->domains() : std::vector<std::string>{}),
        layers_(protocol_, clock, meter, no_meter_reason),
        together_(std::min(kFirstTogether, options.block_layers)) {
    if (!meter) result_.energy_absent = no_meter_reason;
    line_up();
  }

  CampaignResult run(const CampaignCallback& progress) {
    while (!is_over()) {
      if (layers_.unfinished() <= together_ - together_ / 4) prepare_more();
      if (layers_.unfinished() > 0) layers_.round(deadline_);
      take_finished();
      if (!is_time_to_record()) continue;
      record();
      if (progress && !progress(report())) break;
    }
    result_.arithmetic_pace = paces_.range(paces_.arithmetic);
    result_.memory_pace = paces_.range(paces_.memory);
    result_.remaining = result_.planned - result_.found - result_.measured - result_.skipped;
    result_.elapsed = clock_.now() - start_;
    return std::move(result_);
  }

 private:
  static ProtocolOptions with_slice(ProtocolOptions protocol, const Backend& backend) {
    protocol.min_slice = std::max(protocol.min_slice, backend.shortest_slice());
    return protocol;
  }

  // This shard's layers, without what the store has.
  void line_up() {
    const std::set<std::string> finished = store_.finished_layers(id_);
    for (std::size_t i = static_cast<std::size_t>(options_.shard); i < options_.layers.size();
         i += static_cast<std::size_t>(options_.shards)) {
      ++result_.planned;
      if (finished.contains(format_layer(options_.layers[i]))) {
        ++result_.found;
      } else {
        queue_.order.push_back(queue_.all.size());
      }
      queue_.all.push_back(options_.layers[i]);
    }
    if (options_.active) queue_.choose_from(store_, id_);
  }

  bool wants_layers() const { return queue_.left() > 0 && clock_.now() < deadline_; }
  bool is_over() const {
    return !wants_layers() && layers_.unfinished() == 0 && rows_.empty() && skips_.empty();
  }

  void prepare_more() {
    if (!wants_layers()) return;
    queue_.bring_to_front(together_ - layers_.unfinished());
    while (wants_layers() && layers_.unfinished() + skips_.size() < together_) {
      const std::size_t place = queue_.order[queue_.next++];
      const Seconds before = clock_.now();
      Preparation preparation = backend_.prepare(queue_.all[place]);
      result_.preparing += clock_.now() - before;
      if (auto* skip = std::get_if<Skip>(&preparation)) {
        ++result_.skip_reasons[skip->reason];
        skips_.push_back({queue_.all[place], std::move(skip->reason)});
      } else {
        layers_.add(std::get<0>(std::move(preparation)), place);
      }
    }
  }

  void take_finished() {
    for (const auto& [place, measured] : layers_.take_finished()) {
      rows_.push_back(to_stored(queue_.all[place], measured, protocol_.precision, domains_));
      last_ = place;
      if (queue_.choice) queue_.choice->learn(place, measured.runtime);
      account_for(queue_.all[place], measured);
    }
  }

  void account_for(const LayerConfig& layer, const LayerMeasurement& measured) {
    result_.warming_up += measured.warm_up;
    paces_.add(measured.pace);
    if (result_.energy_absent.empty()) result_.energy_absent = measured.energy_absent;
    for (const Repetition& repetition : measured.repetitions) {
      ++result_.repetitions;
      if (!repetition.marks.empty()) ++result_.marked_repetitions;
      result_.in_windows += repetition.window;
    }
    if (protocol_.precision <= 0 || measured.precision <= protocol_.precision) return;
    ++result_.imprecise;
    if (measured.precision <= result_.worst_precision) return;
    result_.worst_precision = measured.precision;
    result_.worst_layer = format_layer(layer);
  }

  // A commit costs a write to the disk: not for every layer.
  bool is_time_to_record() const {
    const std::size_t waiting = rows_.size() + skips_.size();
    return waiting > 0 && (waiting >= (together_ + 3) / 4 || layers_.unfinished() == 0);
  }

  void record() {
    store_.record(id_, rows_, skips_);
    result_.measured += static_cast<int>(rows_.size());
    result_.skipped += static_cast<int>(skips_.size());
    rows_.clear();
    skips_.clear();
    together_ = std::min(2 * together_, options_.block_layers);
  }

  CampaignProgress report() const {
    CampaignProgress report;
    report.planned = result_.planned;
    report.finished = result_.found + result_.measured + result_.skipped;
    report.elapsed = clock_.now() - start_;
    const double done = std::max(1, result_.measured + result_.skipped);
    report.left = std::min(std::max(Seconds(0), deadline_ - clock_.now()),
                           report.elapsed * ((report.planned - report.finished) / done));
    if (last_) report.last = format_layer(queue_.all[*last_]);
    return report;
  }

  const CampaignOptions& options_;
  const ProtocolOptions protocol_;
  Backend& backend_;
  Clock& clock_;
  SampleStore& store_;
  const SampleStore::ConditionsId id_;
  const Seconds start_, deadline_;
  const std::vector<std::string> domains_;
  InterleavedLayers layers_;
  std::size_t together_;  // so many layers are measured side by side
  Queue queue_;
  std::vector<StoredMeasurement> rows_;
  std::vector<StoredSkip> skips_;
  std::optional<std::size_t> last_;  // the place of a layer just measured
  PaceRecord paces_;
  CampaignResult result_;
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
  return Campaign(options, conditions, backend, clock, meter, no_meter_reason, store).run(progress);
}

}  // namespace neuralpower
