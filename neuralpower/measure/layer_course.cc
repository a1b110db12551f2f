// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/layer_course.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "neuralpower/measure/metered_window.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

// Executions much shorter than the meter's period run at all its phases anyway.
constexpr double kPhaseMatters = 0.1;
// Multiples of it, modulo 1, lie evenly however many there are.
constexpr double kGoldenRatio = 0.6180339887498949;
constexpr std::int64_t kFewPieces = 8;  // of memory

bool is_preempted(const Repetition& repetition) {
  return std::find(repetition.marks.begin(), repetition.marks.end(), Mark::kPreempted) !=
         repetition.marks.end();
}

std::int64_t executions_for(Seconds time, Seconds one) {
  if (one <= Seconds(0)) return 1000;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(time / one)), 1, 100000);
}

}  // namespace

LayerCourse::LayerCourse(std::shared_ptr<PreparedLayer> layer, const ProtocolOptions& options,
                         Clock& clock, PowerMeter* meter)
    : layer_(std::move(layer)), options_(options), clock_(clock), meter_(meter) {
  result_.implementation = layer_->implementation();
}

void LayerCourse::warm_up_and_calibrate() {
  const Seconds start = clock_.now(), end = start + options_.max_warm_up;
  // The first may contain work that is done once: it is compared with nothing, unless one costs so
  // much that agreeing with it is proof enough.
  Seconds last = timed(1);
  result_.warm_up_executions = 1;
  if (last < options_.long_execution) {
    last = timed(1);
    ++result_.warm_up_executions;
  }
  // What disturbs only adds: sizes are made for the fastest.
  execution_ = last;
  per_slice_ = executions_per_slice(execution_);
  while (true) {
    const Seconds next = timed(per_slice_) / static_cast<double>(per_slice_);
    result_.warm_up_executions += static_cast<int>(per_slice_);
    result_.steady =
        std::fabs(next.value() - last.value()) <= options_.steady_tolerance * last.value();
    last = next;
    execution_ = std::min(execution_, next);
    per_slice_ = executions_per_slice(execution_);
    if (result_.steady || clock_.now() >= end) break;
  }
  slices_ = std::max<std::int64_t>(
      executions_for(options_.min_window, execution_ * static_cast<double>(per_slice_)),
      execution_ < options_.long_execution ? options_.min_slices : 1);
  result_.warm_up = clock_.now() - start;
  result_.extras = layer_->side_measurements();
}

// Whole rounds through the layer's memory if that has few pieces: a window goes through many pieces
// several times anyway, and its median is theirs.
std::int64_t LayerCourse::executions_per_slice(Seconds one) const {
  const std::int64_t least = executions_for(options_.min_slice, one), period = layer_->period();
  if (period > kFewPieces || one * static_cast<double>(period) > options_.long_execution)
    return least;
  return (least + period - 1) / period * period;
}

void LayerCourse::measure_window(const std::optional<Pace>& pace) {
  lead_in();
  const bool is_metered =
      meter_ && metered_ < std::min(options_.metered_repetitions, options_.repetitions);
  const auto before = read_counters();
  Repetition repetition = is_metered ? metered() : unmetered();
  if (is_metered) ++metered_;
  count(before, repetition.executions);
  repetition.pace = pace;
  result_.repetitions.push_back(std::move(repetition));
}

bool LayerCourse::wants_more() const {
  if (windows() < options_.repetitions) return true;
  if (options_.precision > 0 && windows() < options_.max_repetitions &&
      reached_precision(result_.repetitions, options_.outlier_ratio) > options_.precision)
    return true;
  if (windows() >= options_.repetitions + options_.extra_repetitions) return false;
  const auto undisturbed = std::count_if(result_.repetitions.begin(), result_.repetitions.end(),
                                         [](const Repetition& r) { return !is_preempted(r); });
  return undisturbed < options_.repetitions;
}

LayerMeasurement LayerCourse::finish(std::string_view no_meter_reason) {
  if (!meter_) {
    result_.energy_absent = no_meter_reason;
  } else if (metered_ == 0) {
    result_.energy_absent = "none of its windows was under the meter";
  }
  for (const auto& [name, values] : counted_) result_.extras[name] = median_of(values);
  summarise(result_, options_.outlier_ratio);
  return std::move(result_);
}

Counters::Counts LayerCourse::read_counters() const {
  return options_.counters ? options_.counters->read() : Counters::Counts{};
}

// What was counted since `before`, for one execution.
void LayerCourse::count(const Counters::Counts& before, std::int64_t executions) {
  const Counters::Counts after = read_counters();
  for (const auto& [name, start] : before)
    if (const auto end = after.find(name); end != after.end() && executions > 0)
      counted_[name].push_back((end->second - start) / static_cast<double>(executions));
}

Seconds LayerCourse::timed(std::int64_t executions) {
  if (const auto time = layer_->run_by_device_clock(executions)) return *time;
  const Seconds start = clock_.now();
  for (std::int64_t i = 0; i < executions; ++i) layer_->run();
  layer_->synchronise();
  return clock_.now() - start;
}

Repetition LayerCourse::Slices::to_repetition(Seconds window) const {
  Repetition repetition;
  const bool enough = 2 * quiet.size() >= all.size();
  repetition.runtime = Seconds(median_of(enough ? quiet : all));
  repetition.executions = executions;
  repetition.window = window;
  if (!enough) repetition.marks.push_back(Mark::kPreempted);
  return repetition;
}

void LayerCourse::measure_slice(Slices& slices) {
  const std::int64_t before = clock_.preemptions();
  const double one = timed(per_slice_).value() / static_cast<double>(per_slice_);
  slices.executions += per_slice_;
  slices.all.push_back(one);
  if (clock_.preemptions() == before) slices.quiet.push_back(one);
}

// One execution that does not count, where the layer before decides what is in the caches.
void LayerCourse::lead_in() {
  if (execution_ < options_.no_lead_in) timed(1);
}

Repetition LayerCourse::unmetered() {
  Slices slices;
  const Seconds start = clock_.now();
  for (std::int64_t i = 0; i < slices_; ++i) measure_slice(slices);
  return slices.to_repetition(clock_.now() - start);
}

Repetition LayerCourse::metered() {
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

}  // namespace neuralpower
