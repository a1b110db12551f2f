// SPDX-License-Identifier: Apache-2.0
// Layers that are measured side by side: in every round each that still wants one gets a window, in
// a seeded random order, so that a slow drift of the machine falls on all of them alike.
//
// What a layer finds in the caches depends on what ran since its last window: measured alone, a
// layer whose weights come from memory takes half of the time that it takes among sixty others. So
// layers that are not yet certain must not be left to themselves as the others finish. A campaign
// adds new ones as old ones leave; and where fewer are left than a quarter of those that are to be
// measured side by side (more than kMostCompany are not needed), finished ones go on running among
// them, recorded nowhere.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "neuralpower/measure/layer_course.h"
#include "neuralpower/measure/protocol.h"

namespace neuralpower {

class InterleavedLayers {
 public:
  static constexpr std::size_t kMostCompany = 16;

  struct Finished {
    std::size_t place = 0;  // as it was added
    LayerMeasurement measurement;
  };

  // So many layers are to be measured side by side. `options`, `clock` and `meter` (may be null)
  // must outlive it.
  InterleavedLayers(std::size_t side_by_side, const ProtocolOptions& options, Clock& clock,
                    PowerMeter* meter, std::string no_meter_reason);

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

  const std::size_t least_company_;
  const ProtocolOptions& options_;
  Clock& clock_;
  PowerMeter* meter_;
  std::string no_meter_reason_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Member>> going_;
  std::deque<std::unique_ptr<Member>> company_;  // the last ones that finished
  std::vector<Finished> finished_;
  std::optional<Pace> pace_;
  Seconds next_probe_{0};
};

}  // namespace neuralpower
