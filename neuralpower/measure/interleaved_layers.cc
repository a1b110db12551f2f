// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/interleaved_layers.h"

#include <algorithm>
#include <utility>

namespace neuralpower {
namespace {

constexpr int kLeastWindows = 2;  // of a layer that the deadline cuts short

}  // namespace

InterleavedLayers::InterleavedLayers(const ProtocolOptions& options, Clock& clock,
                                     PowerMeter* meter, std::string no_meter_reason)
    : options_(options),
      clock_(clock),
      meter_(meter),
      no_meter_reason_(std::move(no_meter_reason)),
      random_(options.seed) {}

void InterleavedLayers::add(std::shared_ptr<PreparedLayer> layer, std::size_t place) {
  going_.push_back(std::make_unique<Member>(
      Member{place, LayerCourse(std::move(layer), options_, clock_, meter_)}));
  going_.back()->course.warm_up_and_calibrate();
}

void InterleavedLayers::round(Seconds deadline) {
  std::vector<LayerCourse*> order;
  for (const auto& member : going_) order.push_back(&member->course);
  std::shuffle(order.begin(), order.end(), random_);
  for (LayerCourse* course : order) course->measure_window(pace());
  finish_members(deadline);
}

void InterleavedLayers::finish_members(Seconds deadline) {
  const bool late = clock_.now() >= deadline;
  const auto is_done = [&](const std::unique_ptr<Member>& member) {
    const LayerCourse& course = member->course;
    return late ? course.windows() >= kLeastWindows || !course.wants_more() : !course.wants_more();
  };
  const auto done = std::stable_partition(
      going_.begin(), going_.end(),
      [&](const std::unique_ptr<Member>& member) { return !is_done(member); });
  for (auto member = done; member != going_.end(); ++member)
    finished_.push_back({(*member)->place, (*member)->course.finish(no_meter_reason_)});
  going_.erase(done, going_.end());
}

std::vector<InterleavedLayers::Finished> InterleavedLayers::take_finished() {
  return std::exchange(finished_, {});
}

// Probed at most every pace_interval.
const std::optional<Pace>& InterleavedLayers::pace() {
  if (options_.pace && (!pace_ || clock_.now() >= next_probe_)) {
    pace_ = options_.pace->probe();
    next_probe_ = clock_.now() + options_.pace_interval;
  }
  return pace_;
}

}  // namespace neuralpower
