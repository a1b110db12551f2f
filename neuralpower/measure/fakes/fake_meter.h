// SPDX-License-Identifier: Apache-2.0
// A meter whose energy grows with a fake clock at a set power and shows only on its updates, as
// real ones do; it can be told to die.
#pragma once

#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/fakes/fake_clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct FakeMeterOptions {
  Watts power{50};
  Seconds update_period{0.01};
  bool energy_counter = true;  // false: shows power
  Seconds dies_at{1e300};      // read() throws from this moment on
  Seconds throttled_from{1e300};
  Seconds stuck_from{1e300};  // the counter stands still from this moment on
};

class FakeMeter final : public PowerMeter {
 public:
  FakeMeter(FakeClock& clock, FakeMeterOptions options) : clock_(clock), options_(options) {}

  std::string name() const override { return "fake"; }
  std::string describe() const override { return "a constant power"; }
  std::vector<std::string> domains() const override { return {"package", "core"}; }
  Seconds update_period() const override { return options_.update_period; }

  std::vector<DomainReading> read() override {
    const Seconds now = clock_.now();
    if (now >= options_.dies_at) throw environment_error("the fake meter died");
    const Seconds shown = std::min(now, options_.stuck_from);
    const double updates = std::floor(shown / options_.update_period);
    std::vector<DomainReading> readings(2);
    for (std::size_t i = 0; i < 2; ++i) {
      const Watts power = options_.power * (i == 0 ? 1.0 : 0.5);
      if (options_.energy_counter) {
        readings[i].energy = power * (updates * options_.update_period);
      } else {
        readings[i].power = power;
      }
    }
    return readings;
  }

  std::string throttled() override {
    return clock_.now() >= options_.throttled_from ? "too hot" : "";
  }

 private:
  FakeClock& clock_;
  FakeMeterOptions options_;
};

}  // namespace neuralpower
