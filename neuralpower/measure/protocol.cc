// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/protocol.h"

#include <algorithm>
#include <array>

#include "neuralpower/measure/interleaved_layers.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

constexpr std::array<std::string_view, 5> kMarkNames = {"preempted", "slow", "few_meter_updates",
                                                        "meter_failed", "throttled"};

// What the repetitions that count say together.
struct Summary {
  std::vector<const Repetition*> counting;
  double runtime = 0;
  Interval interval;

  double precision() const { return (interval.high - interval.low) / 2 / runtime; }
};

double outlier_limit(const std::vector<Repetition>& all, double outlier_ratio) {
  std::vector<double> runtimes;
  for (const Repetition& repetition : all) runtimes.push_back(repetition.runtime.value());
  return outlier_ratio * median_of(std::move(runtimes));
}

// Those that nothing speaks against, or all if that leaves fewer than half. `all` is not empty.
Summary summary_of(const std::vector<Repetition>& all, double outlier_ratio) {
  const double limit = outlier_limit(all, outlier_ratio);
  // A failed meter says nothing against the runtime.
  const auto counts = [&](const Repetition& repetition) {
    return repetition.runtime.value() <= limit &&
           std::all_of(repetition.marks.begin(), repetition.marks.end(), [](Mark mark) {
             return mark == Mark::kMeterFailed || mark == Mark::kFewMeterUpdates;
           });
  };
  const auto clean = std::count_if(all.begin(), all.end(), counts);
  const bool use_all = 2 * static_cast<std::size_t>(clean) < all.size();
  Summary summary;
  std::vector<double> runtimes;
  for (const Repetition& repetition : all) {
    if (!use_all && !counts(repetition)) continue;
    summary.counting.push_back(&repetition);
    runtimes.push_back(repetition.runtime.value());
  }
  summary.runtime = median_of(runtimes);
  summary.interval = median_interval(std::move(runtimes));
  return summary;
}

template <typename Quantity>
std::optional<Quantity> median_if_any(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return Quantity(median_of(values));
}

}  // namespace

std::string_view to_string(Mark mark) { return kMarkNames[static_cast<std::size_t>(mark)]; }

std::optional<Mark> parse_mark(std::string_view text) {
  for (std::size_t i = 0; i < kMarkNames.size(); ++i)
    if (kMarkNames[i] == text) return static_cast<Mark>(i);
  return std::nullopt;
}

double reached_precision(const std::vector<Repetition>& repetitions, double outlier_ratio) {
  return summary_of(repetitions, outlier_ratio).precision();
}

void summarise(LayerMeasurement& measurement, double outlier_ratio) {
  std::vector<Repetition>& all = measurement.repetitions;
  if (all.empty()) return;
  const Summary summary = summary_of(all, outlier_ratio);
  measurement.runtime = Seconds(summary.runtime);
  measurement.low = Seconds(summary.interval.low);
  measurement.high = Seconds(summary.interval.high);
  measurement.precision = summary.precision();
  std::vector<double> powers, energies, arithmetic, memory;
  for (const Repetition* repetition : summary.counting) {
    if (repetition->power) powers.push_back(repetition->power->value());
    if (repetition->energy) energies.push_back(repetition->energy->value());
    if (!repetition->pace) continue;
    arithmetic.push_back(repetition->pace->arithmetic.value());
    memory.push_back(repetition->pace->memory.value());
  }
  measurement.power = median_if_any<Watts>(powers);
  measurement.energy = median_if_any<Joules>(energies);
  if (!arithmetic.empty())
    measurement.pace = Pace{Seconds(median_of(arithmetic)), Seconds(median_of(memory))};

  const double limit = outlier_limit(all, outlier_ratio);
  for (Repetition& repetition : all)
    if (repetition.runtime.value() > limit) repetition.marks.push_back(Mark::kSlow);
}

std::vector<LayerMeasurement> measure_layers(std::span<PreparedLayer* const> layers,
                                             const ProtocolOptions& options, Clock& clock,
                                             PowerMeter* meter, std::string_view no_meter_reason,
                                             Seconds deadline) {
  InterleavedLayers together(options, clock, meter, std::string(no_meter_reason));
  for (std::size_t i = 0; i < layers.size(); ++i)
    together.add({layers[i], [](PreparedLayer*) {}}, i);
  while (together.unfinished() > 0) together.round(deadline);
  std::vector<LayerMeasurement> results(layers.size());
  for (auto& [place, measurement] : together.take_finished())
    results[place] = std::move(measurement);
  return results;
}

LayerMeasurement measure_layer(PreparedLayer& layer, const ProtocolOptions& options, Clock& clock,
                               PowerMeter* meter, std::string_view no_meter_reason) {
  PreparedLayer* const one[] = {&layer};
  return std::move(measure_layers(one, options, clock, meter, no_meter_reason)[0]);
}

}  // namespace neuralpower
