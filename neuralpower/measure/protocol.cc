// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/protocol.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "neuralpower/measure/metered_window.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

constexpr std::array<std::string_view, 5> kMarkNames = {"preempted", "slow", "few_meter_updates",
                                                        "meter_failed", "throttled"};

// Executions much shorter than the meter's period run at all its phases anyway.
constexpr double kPhaseMatters = 0.1;
// Multiples of it, modulo 1, lie evenly however many there are.
constexpr double kGoldenRatio = 0.6180339887498949;

// One layer on its way through the protocol.
class Course {
 public:
  Course(PreparedLayer& layer, const ProtocolOptions& options, Clock& clock, PowerMeter* meter)
      : layer_(layer), options_(options), clock_(clock), meter_(meter) {
    result_.implementation = layer.implementation();
  }

  void warm_up_and_calibrate() {
    const Seconds end = clock_.now() + options_.max_warm_up;
    Seconds last = timed(1);  // may contain work that is done once: not compared with anything
    last = timed(1);
    result_.warm_up_executions = 2;
    per_slice_ = executions_for(options_.min_slice, last);
    while (true) {
      const Seconds next = timed(per_slice_) / static_cast<double>(per_slice_);
      result_.warm_up_executions += static_cast<int>(per_slice_);
      const bool agrees =
          std::fabs(next.value() - last.value()) <= options_.steady_tolerance * last.value();
      last = next;
      per_slice_ = executions_for(options_.min_slice, last);
      result_.steady = agrees;
      if (agrees || clock_.now() >= end) break;
    }
    execution_ = last;
    slices_ = std::max<std::int64_t>(
        executions_for(options_.min_window, last * static_cast<double>(per_slice_)),
        last < options_.long_execution ? options_.min_slices : 1);
    result_.extras = layer_.side_measurements();
  }

  void measure_window() {
    if (execution_ < options_.long_execution) timed(1);
    const bool is_metered = meter_ && metered_ < options_.metered_repetitions;
    const auto before = read_counters();
    Repetition repetition = is_metered ? metered() : unmetered();
    if (is_metered) ++metered_;
    count(before, repetition.executions);
    result_.repetitions.push_back(std::move(repetition));
  }

  // Whether enough windows that count are there.
  bool wants_more(int round) const {
    if (round < options_.repetitions) return true;
    if (round >= options_.repetitions + options_.extra_repetitions) return false;
    const auto undisturbed = std::count_if(result_.repetitions.begin(), result_.repetitions.end(),
                                           [](const Repetition& r) { return !is_preempted(r); });
    return undisturbed < options_.repetitions;
  }

  LayerMeasurement finish(std::string_view no_meter_reason) {
    if (!meter_) {
      result_.energy_absent = no_meter_reason;
    } else if (metered_ == 0) {
      result_.energy_absent = "none of its windows was under the meter";
    }
    for (const auto& [name, values] : counted_) result_.extras[name] = median_of(values);
    summarise(result_, options_.outlier_ratio);
    return std::move(result_);
  }

 private:
  static bool is_preempted(const Repetition& repetition) {
    return std::find(repetition.marks.begin(), repetition.marks.end(), Mark::kPreempted) !=
           repetition.marks.end();
  }

  Counters::Counts read_counters() const {
    return options_.counters ? options_.counters->read() : Counters::Counts{};
  }

  // What was counted since `before`, for one execution.
  void count(const Counters::Counts& before, std::int64_t executions) {
    const Counters::Counts after = read_counters();
    for (const auto& [name, start] : before)
      if (const auto end = after.find(name); end != after.end() && executions > 0)
        counted_[name].push_back((end->second - start) / static_cast<double>(executions));
  }

  Seconds timed(std::int64_t executions) {
    if (const auto time = layer_.run_by_device_clock(executions)) return *time;
    const Seconds start = clock_.now();
    for (std::int64_t i = 0; i < executions; ++i) layer_.run();
    layer_.synchronise();
    return clock_.now() - start;
  }

  static std::int64_t executions_for(Seconds time, Seconds one) {
    if (one <= Seconds(0)) return 1000;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(time / one)), 1, 100000);
  }

  struct Slices {
    std::vector<double> quiet, all;  // seconds per execution
    std::int64_t executions = 0;

    Repetition to_repetition(Seconds window) const {
      Repetition repetition;
      const bool enough = 2 * quiet.size() >= all.size();
      repetition.runtime = Seconds(median_of(enough ? quiet : all));
      repetition.executions = executions;
      repetition.window = window;
      if (!enough) repetition.marks.push_back(Mark::kPreempted);
      return repetition;
    }
  };

  void measure_slice(Slices& slices) {
    const std::int64_t before = clock_.preemptions();
    const double one = timed(per_slice_).value() / static_cast<double>(per_slice_);
    slices.executions += per_slice_;
    slices.all.push_back(one);
    if (clock_.preemptions() == before) slices.quiet.push_back(one);
  }

  Repetition unmetered() {
    Slices slices;
    const Seconds start = clock_.now();
    for (std::int64_t i = 0; i < slices_; ++i) measure_slice(slices);
    return slices.to_repetition(clock_.now() - start);
  }

  Repetition metered() {
    Slices slices;
    if (execution_ > meter_->update_period() * kPhaseMatters)
      shift_phase(*meter_, clock_, std::fmod(metered_ * kGoldenRatio, 1.0));
    Seconds start = clock_.now();
    for (const Seconds lead_end = start + options_.meter_lead_in; clock_.now() < lead_end;)
      timed(per_slice_);
    const MeteredWindow window = run_metered(
        *meter_, clock_, options_.min_window, options_.min_meter_updates,
        [&] {
          slices = {};
          start = clock_.now();
        },
        [&] { measure_slice(slices); });
    Repetition repetition = slices.to_repetition(clock_.now() - start);
    if (!window.failure.empty()) {
      repetition.marks.push_back(Mark::kMeterFailed);
      result_.energy_absent = window.failure;
      return repetition;
    }
    repetition.domains = window.domains;
    if (!window.domains.empty() && window.domains[0]) {
      repetition.power = window.domains[0];
      repetition.energy = *repetition.power * repetition.runtime;
    }
    if (!meter_->throttled().empty()) repetition.marks.push_back(Mark::kThrottled);
    if (window.updates < options_.min_meter_updates)
      repetition.marks.push_back(Mark::kFewMeterUpdates);
    return repetition;
  }

  PreparedLayer& layer_;
  const ProtocolOptions& options_;
  Clock& clock_;
  PowerMeter* meter_;
  LayerMeasurement result_;
  std::map<std::string, std::vector<double>> counted_;
  int metered_ = 0;  // windows so far
  Seconds execution_{0};
  std::int64_t per_slice_ = 1, slices_ = 1;
};

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

void summarise(LayerMeasurement& measurement, double outlier_ratio) {
  std::vector<Repetition>& all = measurement.repetitions;
  if (all.empty()) return;
  std::vector<double> runtimes;
  for (const Repetition& repetition : all) runtimes.push_back(repetition.runtime.value());
  const double limit = outlier_ratio * median_of(runtimes);
  for (Repetition& repetition : all)
    if (repetition.runtime.value() > limit) repetition.marks.push_back(Mark::kSlow);

  // A failed meter says nothing against the runtime.
  const auto counts = [](const Repetition& repetition) {
    return std::all_of(repetition.marks.begin(), repetition.marks.end(), [](Mark mark) {
      return mark == Mark::kMeterFailed || mark == Mark::kFewMeterUpdates;
    });
  };
  const auto clean = std::count_if(all.begin(), all.end(), counts);
  const bool use_all = 2 * static_cast<std::size_t>(clean) < all.size();
  runtimes.clear();
  std::vector<double> powers, energies;
  for (const Repetition& repetition : all) {
    if (!use_all && !counts(repetition)) continue;
    runtimes.push_back(repetition.runtime.value());
    if (repetition.power) powers.push_back(repetition.power->value());
    if (repetition.energy) energies.push_back(repetition.energy->value());
  }
  measurement.runtime = Seconds(median_of(runtimes));
  const Interval interval = median_interval(runtimes);
  measurement.low = Seconds(interval.low);
  measurement.high = Seconds(interval.high);
  measurement.power = median_if_any<Watts>(powers);
  measurement.energy = median_if_any<Joules>(energies);
}

std::vector<LayerMeasurement> measure_layers(std::span<PreparedLayer* const> layers,
                                             const ProtocolOptions& options, Clock& clock,
                                             PowerMeter* meter, std::string_view no_meter_reason,
                                             Seconds deadline) {
  std::vector<Course> courses;
  courses.reserve(layers.size());
  for (PreparedLayer* layer : layers) courses.emplace_back(*layer, options, clock, meter);
  for (Course& course : courses) course.warm_up_and_calibrate();

  std::mt19937_64 random(options.seed);
  std::vector<std::size_t> order;
  for (int round = 0; round < options.repetitions + options.extra_repetitions; ++round) {
    if (round >= 2 && clock.now() >= deadline) break;
    order.clear();
    for (std::size_t i = 0; i < courses.size(); ++i)
      if (courses[i].wants_more(round)) order.push_back(i);
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) courses[i].measure_window();
  }

  std::vector<LayerMeasurement> results;
  for (Course& course : courses) results.push_back(course.finish(no_meter_reason));
  return results;
}

LayerMeasurement measure_layer(PreparedLayer& layer, const ProtocolOptions& options, Clock& clock,
                               PowerMeter* meter, std::string_view no_meter_reason) {
  PreparedLayer* const one[] = {&layer};
  return std::move(measure_layers(one, options, clock, meter, no_meter_reason)[0]);
}

}  // namespace neuralpower
