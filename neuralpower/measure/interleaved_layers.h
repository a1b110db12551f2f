// SPDX-License-Identifier: Apache-2.0
// Layers that are measured side by side: in every round each that still wants one gets a window, in
// a seeded random order, so that a slow drift of the machine falls on all of them alike.
//
// Layers join while others are under way, and leave when they are certain. That is no bias as long
// as what a layer finds in the caches does not depend on who else is there, which the back-ends see
// to: all layers move through one memory (backends/memory/carousel.h, CachePolicy).
#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "neuralpower/measure/layer_course.h"
#include "neuralpower/measure/protocol.h"

namespace neuralpower {

class InterleavedLayers {
 public:
  struct Finished {
    std::size_t place = 0;  // as it was added
    LayerMeasurement measurement;
  };

  // `options`, `clock` and `meter` (may be null) must outlive it.
  InterleavedLayers(const ProtocolOptions& options, Clock& clock, PowerMeter* meter,
                    std::string no_meter_reason);

  // Warms it up; it has its windows in the rounds that follow.
  void add(std::shared_ptr<PreparedLayer> layer, std::size_t place);

  std::size_t unfinished() const { return going_.size(); }

  // One window of each unfinished layer. From `deadline` on only layers with fewer than two windows
  // get another; the others are finished as they are.
  void round(Seconds deadline);

  // What became finished since the last call.
  std::vector<Finished> take_finished();

 private:
  struct Member {
    std::size_t place = 0;
    LayerCourse course;
  };

  void finish_members(Seconds deadline);
  const std::optional<Pace>& pace();

  const ProtocolOptions& options_;
  Clock& clock_;
  PowerMeter* meter_;
  std::string no_meter_reason_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Member>> going_;
  std::vector<Finished> finished_;
  std::optional<Pace> pace_;
  Seconds next_probe_{0};
};

}  // namespace neuralpower
