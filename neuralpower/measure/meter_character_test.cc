// SPDX-License-Identifier: Apache-2.0
// Meters of known behaviour, and whether it is found.
#include "neuralpower/measure/meter_character.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "neuralpower/measure/fakes/fake_clock.h"

namespace neuralpower {
namespace {

constexpr Watts kIdle{40}, kFull{240};

// A device that draws 240 W at work and 40 W at rest, and remembers when it did which.
class SimulatedDevice {
 public:
  explicit SimulatedDevice(FakeClock& clock) : clock_(clock) {}

  void work(Seconds time) {
    rest_until_now();
    clock_.advance(time);
    add(time, kFull);
  }
  // What it used up to a moment, from the clock's start on.
  double joules_until(Seconds moment) {
    rest_until_now();
    const double at = (moment - start_).value();
    const auto after = std::upper_bound(ends_.begin(), ends_.end(), at);
    const auto i = static_cast<std::size_t>(after - ends_.begin());
    const double begin = i == 0 ? 0 : ends_[i - 1], before = i == 0 ? 0 : joules_[i - 1];
    const double watts = i < watts_.size() ? watts_[i] : kIdle.value();
    return before + (at - begin) * watts;
  }
  double mean_watts(Seconds from, Seconds to) {
    return (joules_until(to) - joules_until(from)) / (to - from).value();
  }

 private:
  void rest_until_now() {
    const double now = (clock_.now() - start_).value(), known = ends_.empty() ? 0 : ends_.back();
    if (now > known) add(Seconds(now - known), kIdle);
  }
  void add(Seconds time, Watts power) {
    const double end = ends_.empty() ? 0 : ends_.back(), sum = joules_.empty() ? 0 : joules_.back();
    ends_.push_back(end + time.value());
    joules_.push_back(sum + time.value() * power.value());
    watts_.push_back(power.value());
  }

  FakeClock& clock_;
  Seconds start_ = clock_.now();
  std::vector<double> ends_, joules_, watts_;
};

struct Behaviour {
  Seconds period{0.1};
  bool counter = true;
  double share = 1;      // of each period, its end, that the sensor looks at
  Seconds averaging{0};  // a sensor shows the mean of so long; 0: of what it looked at
  Seconds stuck_from{1e300};
  double error = 1;  // times what it should show
};

class SimulatedMeter final : public PowerMeter {
 public:
  SimulatedMeter(FakeClock& clock, SimulatedDevice& device, Behaviour behaviour)
      : clock_(clock), device_(device), behaviour_(behaviour), last_(update_number()) {}

  std::string name() const override { return "simulated"; }
  std::string describe() const override { return "a simulated sensor"; }
  std::vector<std::string> domains() const override { return {"gpu"}; }
  Seconds update_period() const override { return Seconds(0.02); }  // not the truth

  std::vector<DomainReading> read() override {
    clock_.advance(Seconds(2e-5));  // a driver call
    for (const double now = update_number(); last_ < now; ++last_)
      energy_ += looked_at(last_ + 1) * behaviour_.period.value();
    DomainReading shown;
    if (behaviour_.counter) {
      shown.energy = Joules(std::floor(behaviour_.error * energy_ * 1e3) / 1e3);
    } else {
      const Seconds at = behaviour_.period * last_;
      const double watts = behaviour_.averaging > Seconds(0)
                               ? device_.mean_watts(at - behaviour_.averaging, at)
                               : looked_at(last_);
      shown.power = Watts(std::round(behaviour_.error * watts * 1e3) / 1e3);
    }
    return {shown};
  }

 private:
  double update_number() const {
    return std::floor(std::min(clock_.now(), behaviour_.stuck_from) / behaviour_.period);
  }
  double looked_at(double number) {
    const Seconds end = behaviour_.period * number;
    return device_.mean_watts(end - behaviour_.period * behaviour_.share, end);
  }

  FakeClock& clock_;
  SimulatedDevice& device_;
  Behaviour behaviour_;
  double last_, energy_ = 0;
};

MeterCharacter examine(const Behaviour& behaviour, const Behaviour* other = nullptr) {
  FakeClock clock;
  SimulatedDevice device(clock);
  clock.advance(Seconds(5));
  SimulatedMeter meter(clock, device, behaviour);
  SimulatedMeter second(clock, device, other ? *other : behaviour);
  return characterise_meter(meter, other ? &second : nullptr, clock,
                            [&](Seconds time) { device.work(time); });
}

TEST(MeterCharacter, FindsThePeriodOfACounter) {
  for (const double period : {0.02, 0.1}) {
    const MeterCharacter found = examine({.period = Seconds(period)});
    EXPECT_TRUE(found.moves);
    EXPECT_TRUE(found.is_counter);
    EXPECT_NEAR(found.update_period.value(), period, 0.01 * period);
    EXPECT_EQ(found.averaging, Seconds(0));
    EXPECT_NEAR(found.idle.value(), kIdle.value(), 2);
    EXPECT_NEAR(found.full.value(), kFull.value(), 5);  // it rests while the meter is read
    EXPECT_LT(found.nonlinearity, 0.05);
    EXPECT_NEAR(found.read_time.value(), 2e-5, 1e-6);
  }
}

TEST(MeterCharacter, FindsThatASensorLooksAQuarterOfTheTime) {
  const MeterCharacter always = examine({.counter = false, .share = 1});
  ASSERT_TRUE(always.sampled_share);
  EXPECT_GT(*always.sampled_share, 0.9);
  for (const bool counter : {false, true}) {
    const MeterCharacter quarter = examine({.counter = counter, .share = 0.25});
    ASSERT_TRUE(quarter.sampled_share);
    EXPECT_NEAR(*quarter.sampled_share, 0.25, 0.15);
    EXPECT_NEAR(quarter.update_period.value(), 0.1, 0.002);
  }
}

TEST(MeterCharacter, FindsAnAverageOverASecond) {
  const MeterCharacter found = examine({.counter = false, .averaging = Seconds(1)});
  EXPECT_NEAR(found.averaging.value(), 1, 0.15);
  EXPECT_FALSE(found.sampled_share);
  EXPECT_NEAR(found.full.value(), kFull.value(), 3);
}

TEST(MeterCharacter, AStuckCounterDoesNotMove) {
  EXPECT_FALSE(examine({.stuck_from = Seconds(0)}).moves);
}

TEST(MeterCharacter, ComparesTwoMeters) {
  const Behaviour sensor{.counter = false, .error = 0.95};
  const MeterCharacter found = examine({}, &sensor);
  EXPECT_EQ(found.other, "a simulated sensor");
  EXPECT_NEAR(found.agreement, 0.95, 0.02);
}

TEST(MeterCharacter, SurvivesAStore) {
  const MeterCharacter found = examine({.share = 0.25});
  const MeterCharacter read = parse_character(character_text(found));
  EXPECT_EQ(read.meter, found.meter);
  EXPECT_EQ(read.update_period, found.update_period);
  EXPECT_EQ(read.averaging, found.averaging);
  EXPECT_EQ(read.sampled_share, found.sampled_share);
}

}  // namespace
}  // namespace neuralpower
