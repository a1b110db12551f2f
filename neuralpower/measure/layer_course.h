// SPDX-License-Identifier: Apache-2.0
// One layer on its way through the protocol (protocol.h): warmed up, then a window at a time, as
// often as it needs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/measure/protocol.h"

namespace neuralpower {

class LayerCourse {
 public:
  // What is handed in must outlive it. `meter` may be null.
  LayerCourse(std::shared_ptr<PreparedLayer> layer, const ProtocolOptions& options, Clock& clock,
              PowerMeter* meter);

  void warm_up_and_calibrate();

  // One repetition; `pace` is the machine's at this moment.
  void measure_window(const std::optional<Pace>& pace);

  int windows() const { return static_cast<int>(result_.repetitions.size()); }
  // Whether enough windows that count are there, and they agree well enough.
  bool wants_more() const;

  // The summary over all windows; the last call.
  LayerMeasurement finish(std::string_view no_meter_reason);

 private:
  struct Slices {
    std::vector<double> quiet, all;  // seconds per execution
    std::int64_t executions = 0;
    Repetition to_repetition(Seconds window) const;
  };

  Counters::Counts read_counters() const;
  void count(const Counters::Counts& before, std::int64_t executions);
  Seconds timed(std::int64_t executions);
  void measure_slice(Slices& slices);
  void lead_in();
  std::int64_t executions_per_slice(Seconds one) const;
  Repetition unmetered();
  Repetition metered();

  std::shared_ptr<PreparedLayer> layer_;
  const ProtocolOptions& options_;
  Clock& clock_;
  PowerMeter* meter_;
  LayerMeasurement result_;
  std::map<std::string, std::vector<double>> counted_;
  int metered_ = 0;  // windows so far
  Seconds execution_{0};
  std::int64_t per_slice_ = 1, slices_ = 1;
};

}  // namespace neuralpower
