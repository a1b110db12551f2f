// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/network_measurement.h"

#include "neuralpower/measure/metered_window.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

// Under real-time priority the kernel gives other processes some 50 ms of every second in which
// they wait, in the middle of a pass if it must. So they get them before a pass.
constexpr Seconds kOthersTurn{0.06}, kBetweenTurns{0.5};

// Times of one thing, those that were undisturbed apart.
struct Times {
  std::vector<double> quiet, all;

  void add(Seconds time, bool disturbed) {
    all.push_back(time.value());
    if (!disturbed) quiet.push_back(time.value());
  }
  bool enough_quiet() const { return quiet.size() >= 3 || quiet.size() == all.size(); }
  const std::vector<double>& counted() const { return enough_quiet() ? quiet : all; }
};

void run_pass(PreparedNetwork& prepared) {
  for (PreparedNetwork::Step& step : prepared.steps) step.work->run();
  if (!prepared.steps.empty()) prepared.steps.back().work->synchronise();
}

}  // namespace

Seconds NetworkMeasurement::sum_of_layers() const {
  Seconds sum{0};
  for (const InPlace& layer : layers) sum += layer.runtime + layer.reorders;
  return sum;
}

NetworkMeasurement measure_network(const Network& network, Backend& backend, Clock& clock,
                                   PowerMeter* meter, const NetworkMeasureOptions& options,
                                   std::string_view no_meter_reason) {
  PreparedNetwork prepared = backend.prepare_network(network);
  NetworkMeasurement result;
  result.network = network.name;
  result.batch = network.batch;
  result.layers.resize(network.layers.size());
  for (const auto& skipped : prepared.skipped)
    result.layers[skipped.layer].skipped = skipped.reason;

  for (int i = 0; i < options.warm_up_passes; ++i) run_pass(prepared);
  Times whole;
  std::vector<Times> steps(prepared.steps.size());
  const auto timed_pass = [&] {
    const std::int64_t before = clock.preemptions();
    const Seconds start = clock.now();
    run_pass(prepared);
    whole.add(clock.now() - start, clock.preemptions() != before);
  };
  const auto stepped_pass = [&] {
    std::int64_t before = clock.preemptions();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      PreparedLayer& work = *prepared.steps[i].work;
      const Seconds start = clock.now();
      std::optional<Seconds> time = work.run_by_device_clock(1);
      if (!time) {
        work.run();
        work.synchronise();
        time = clock.now() - start;
      }
      const std::int64_t after = clock.preemptions();
      steps[i].add(*time, after != before);
      before = after;
    }
  };
  const Seconds deadline = clock.now() + options.budget;
  Seconds last_turn = clock.now();
  const auto let_others_run = [&] {
    if (clock.now() - last_turn < kBetweenTurns) return;
    clock.pause(kOthersTurn);
    last_turn = clock.now();
    // A short pass would feel what the others left in the caches.
    if (!whole.all.empty() && Seconds(whole.all.back()) < kBetweenTurns) run_pass(prepared);
  };
  for (int i = 0; i < options.passes; ++i) {
    if (i >= options.least_passes && clock.now() >= deadline) break;
    let_others_run();
    timed_pass();
    let_others_run();
    stepped_pass();
  }

  for (const double time : whole.all) result.passes.emplace_back(time);
  result.disturbed_passes =
      whole.enough_quiet() ? static_cast<int>(whole.all.size() - whole.quiet.size()) : 0;
  result.runtime = Seconds(median_of(whole.counted()));
  const Interval interval = median_interval(whole.counted());
  result.low = Seconds(interval.low);
  result.high = Seconds(interval.high);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PreparedNetwork::Step& step = prepared.steps[i];
    NetworkMeasurement::InPlace& layer = result.layers[step.layer];
    const Seconds time(median_of(steps[i].counted()));
    if (step.is_reorder) {
      layer.reorders += time;
      ++result.reorders;
    } else {
      layer.runtime += time;
      layer.implementation = step.work->implementation();
    }
  }

  if (!meter) {
    result.energy_absent = no_meter_reason;
    return result;
  }
  const MeteredWindow window = run_metered(
      *meter, clock, Seconds(0), options.min_meter_updates, [] {}, [&] { run_pass(prepared); });
  if (!window.failure.empty()) {
    result.energy_absent = window.failure;
  } else if (!window.domains.empty() && window.domains[0]) {
    result.power = window.domains[0];
    result.energy = *result.power * result.runtime;
  } else {
    result.energy_absent = "the meter " + meter->name() + " shows neither energy nor power";
  }
  return result;
}

}  // namespace neuralpower
