// SPDX-License-Identifier: Apache-2.0
// The measuring protocol: how a prepared layer becomes numbers that another measurement of the same
// layer would confirm.
//
// 1. Warm up until two successive slices agree (or the warm-up's time is over: `steady` is false).
// 2. Calibrate: a *slice* is as many executions as take min_slice, in whole rounds through the
//    layer's memory (PreparedLayer::period) where that has few pieces; a *window* is as many slices
//    as take min_window, and with a meter also as many as span min_meter_updates of its updates.
// 3. Measure `repetitions` windows of each layer, the layers interleaved in a seeded random order,
//    so that a slow drift of the machine falls on all of them alike. Each window starts with one
//    execution that does not count (the layer before has taken the caches), unless executions are
//    so long that a cold start is a small part of one, and the median passes over it.
// 4. A repetition's runtime is the median of its slices. Slices during which the operating system
//    took a processor away do not count; a window in which that hit most slices is marked and
//    measured again (at most `extra_repetitions` times).
// 5. Repetitions whose runtime is above outlier_ratio times the median of all are marked kSlow.
//    Nothing is deleted: the raw repetitions stay, and the summary is taken over those without
//    marks, or over all if fewer than half are without.
// 6. Layers that are not yet certain are repeated further, still interleaved
// (interleaved_layers.h),
//    until half of the interval that holds the true median with 95 % is
//    within `precision` of it, or there are max_repetitions. What was reached is in the result.
//    (Looking after every round and stopping at the first success makes the interval a little too
//    hopeful: it is a rule for spending time, and says nothing about slower drifts.)
//
// With a meter, a window starts and stops on an update of the meter. Of a layer whose execution is
// not short beside the meter's period, each repetition starts at another phase of it. Power is the
// window's energy over its time (or the mean of the power readings); the energy of one execution is
// that power times the runtime. Idle power is part of it: nothing is subtracted. If the meter
// fails, the runtime stays and `energy_absent` says why. Repetitions beyond the first `repetitions`
// are short ones without the meter.
//
// With a PaceProbe, the machine's own pace is probed between windows, at most every pace_interval;
// a repetition has the last one from before it.
//
// A device with a clock of its own (CUDA events) is timed by that. What its back-end can tell apart
// (kernels without the gaps between launches) and what counters of the processor saw per execution
// are the measurement's extras.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/counters.h"
#include "neuralpower/measure/pace.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct ProtocolOptions {
  Seconds min_slice{25e-6};  // far above what reading the clock takes
  Seconds min_window{2e-3};
  int min_slices = 3;  // of short layers; one slice is enough above long_execution
  Seconds long_execution{5e-3};
  Seconds no_lead_in{250e-6};  // executions from here on are counted from a window's first
  int repetitions = 7;         // of each layer, at least
  int extra_repetitions = 3;   // for windows that were disturbed
  double precision = 0.1;      // relative; 0: `repetitions` are enough
  int max_repetitions = 41;    // for the precision
  int min_meter_updates = 20;  // 1/20 is the largest error an unlucky edge can make
  // So many of a layer's windows are under the meter; the others, short ones, tell the runtime.
  int metered_repetitions = 1'000'000;
  // Work under way before a metered window begins: as long as the meter averages over.
  Seconds meter_lead_in{0};
  Seconds max_warm_up{0.03};
  double steady_tolerance = 0.05;
  double outlier_ratio = 1.3;
  std::uint64_t seed = 1;
  Counters* counters = nullptr;  // read around every window; null: none
  PaceProbe* pace = nullptr;     // null: none
  Seconds pace_interval{10e-3};  // so that probing takes 1 % of the time
};

enum class Mark {
  kPreempted,        // other processes had our processors most of the time
  kSlow,             // an outlier by the rule above
  kFewMeterUpdates,  // the window is too short for the meter
  kMeterFailed,
  kThrottled,  // the device lowered its clocks
};
std::string_view to_string(Mark mark);  // "preempted", "slow", ...
std::optional<Mark> parse_mark(std::string_view text);

struct Repetition {
  Seconds runtime{0};  // of one execution
  std::int64_t executions = 0;
  Seconds window{0};
  std::optional<Watts> power;
  std::optional<Joules> energy;               // of one execution
  std::vector<std::optional<Watts>> domains;  // in the order of the meter's domains
  std::vector<Mark> marks;
  std::optional<Pace> pace;  // of the machine itself
};

struct LayerMeasurement {
  std::string implementation;
  int warm_up_executions = 0;
  bool steady = false;
  Seconds warm_up{0};  // and calibration: time that does not count
  std::vector<Repetition> repetitions;
  std::string energy_absent;             // empty if every metered repetition has its energy
  std::map<std::string, double> extras;  // of one execution, by name with unit: "kernel_ms"

  // Over the repetitions that count (see 5): the median, and the order statistics that hold the
  // true median with a probability of at least 95 % (below six repetitions: their extremes, which
  // hold it with 1 - 2^(1-n)).
  Seconds runtime{0}, low{0}, high{0};
  double precision = 0;  // half of high - low, relative to runtime
  std::optional<Watts> power;
  std::optional<Joules> energy;
  std::optional<Pace> pace;
};

// Measures the layers together, interleaved. `meter` may be null: then `energy_absent` is
// `no_meter_reason`. Stops starting new repetitions after `deadline` once each layer has two.
std::vector<LayerMeasurement> measure_layers(std::span<PreparedLayer* const> layers,
                                             const ProtocolOptions& options, Clock& clock,
                                             PowerMeter* meter, std::string_view no_meter_reason,
                                             Seconds deadline = Seconds(1e300));

LayerMeasurement measure_layer(PreparedLayer& layer, const ProtocolOptions& options, Clock& clock,
                               PowerMeter* meter = nullptr,
                               std::string_view no_meter_reason = "no power meter was given");

// Half of the 95 % interval of the median runtime of those that count, relative to it. At least one
// repetition.
double reached_precision(const std::vector<Repetition>& repetitions, double outlier_ratio);

// Fills the summary of `measurement` from its repetitions, and marks outliers.
void summarise(LayerMeasurement& measurement, double outlier_ratio);

}  // namespace neuralpower
