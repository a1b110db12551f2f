// SPDX-License-Identifier: Apache-2.0
// A machine whose pace is told to it; a probe takes 100 us of a fake clock.
#pragma once

#include <functional>
#include <utility>

#include "neuralpower/measure/fakes/fake_clock.h"
#include "neuralpower/measure/pace.h"

namespace neuralpower {

class FakePace final : public PaceProbe {
 public:
  using PaceAt = std::function<Pace(Seconds now)>;
  FakePace(FakeClock& clock, PaceAt pace) : clock_(clock), pace_(std::move(pace)) {}

  Pace probe() override {
    ++probes;
    clock_.advance(microseconds(100));
    return pace_(clock_.now());
  }

  int probes = 0;

 private:
  FakeClock& clock_;
  PaceAt pace_;
};

}  // namespace neuralpower
