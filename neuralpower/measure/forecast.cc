// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/forecast.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

constexpr Seconds kTrialTime{8}, kClockResolution{50e-9}, kDeviceClockResolution{0.5e-6};
constexpr std::size_t kTrialBlock = 6, kMostTried = 48;

double quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(at))];
}

}  // namespace

CampaignForecast forecast_campaign(const CampaignOptions& options, Backend& backend, Clock& clock,
                                   PowerMeter* meter, const std::string& no_meter_reason,
                                   const MeterCharacter* character) {
  CampaignForecast forecast;
  std::vector<const LayerConfig*> layers;
  for (std::size_t i = static_cast<std::size_t>(options.shard); i < options.layers.size();
       i += static_cast<std::size_t>(options.shards))
    layers.push_back(&options.layers[i]);
  forecast.layers = static_cast<int>(layers.size());
  ProtocolOptions protocol = options.protocol;
  protocol.min_slice = std::max(protocol.min_slice, backend.shortest_slice());

  // The list is ordered so that every beginning of it covers it all.
  const Seconds start = clock.now();
  std::vector<double> errors, spreads, steps, rates;
  bool device_clock = false;
  std::size_t next = 0;
  while (next < std::min(layers.size(), kMostTried) && clock.now() - start < kTrialTime) {
    const Seconds block_start = clock.now();
    std::vector<std::unique_ptr<PreparedLayer>> prepared;
    std::vector<PreparedLayer*> block;
    const std::size_t first = next;
    for (; next < layers.size() && next < first + kTrialBlock; ++next) {
      Preparation made = backend.prepare(*layers[next]);
      if (std::holds_alternative<Skip>(made)) {
        ++forecast.skipped;
        continue;
      }
      prepared.push_back(std::get<0>(std::move(made)));
      block.push_back(prepared.back().get());
      device_clock = device_clock || block.back()->run_by_device_clock(1).has_value();
    }
    for (const LayerMeasurement& m :
         measure_layers(block, protocol, clock, meter, no_meter_reason)) {
      ++forecast.tried;
      errors.push_back(m.precision);
      const auto windows = static_cast<double>(m.repetitions.size());
      forecast.windows += windows;
      forecast.windows_most = std::max(forecast.windows_most, windows);
      if (protocol.precision > 0 && m.precision > protocol.precision) ++forecast.imprecise;
      if (forecast.energy_absent.empty()) forecast.energy_absent = m.energy_absent;
      std::vector<double> powers;
      for (const Repetition& repetition : m.repetitions) {
        if (!repetition.power) continue;
        powers.push_back(repetition.power->value());
        if (character && character->step > 0)
          steps.push_back(character->is_counter
                              ? character->step / (*repetition.power * repetition.window).value()
                              : character->step / repetition.power->value());
      }
      if (powers.size() > 1) {
        const Interval interval = median_interval(powers);
        spreads.push_back((interval.high - interval.low) / median_of(powers) / 2);
      }
    }
    rates.push_back((clock.now() - block_start).value() / static_cast<double>(next - first));
  }
  forecast.trial = clock.now() - start;
  if (rates.empty()) return forecast;
  forecast.windows /= std::max(1, forecast.tried);
  // The first block also loads libraries and fills the caches.
  if (rates.size() > 1) rates.erase(rates.begin());
  double sum = 0;
  for (const double rate : rates) sum += rate;
  forecast.per_layer = Seconds(sum / static_cast<double>(rates.size()));
  forecast.total = forecast.per_layer * forecast.layers;
  forecast.repetition_error = quantile(errors, 0.5);
  forecast.repetition_error_worst = quantile(errors, 0.95);
  forecast.clock_error =
      (device_clock ? kDeviceClockResolution : kClockResolution) / protocol.min_slice;
  if (!meter) {
    forecast.energy_absent = no_meter_reason;
    return forecast;
  }
  forecast.meter_edge_error = 1.0 / std::max(1, protocol.min_meter_updates);
  if (!steps.empty()) forecast.meter_step_error = quantile(steps, 0.5);
  if (!spreads.empty()) forecast.power_spread = quantile(spreads, 0.5);
  return forecast;
}

}  // namespace neuralpower
