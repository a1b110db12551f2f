// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "neuralpower/measure/fakes/fake_backend.h"
#include "neuralpower/measure/fakes/fake_meter.h"
#include "neuralpower/measure/fakes/fake_pace.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const LayerConfig kLayer = parse_layer("activation mode=relu batch=1 in=64");

// A prepared layer on a fake back-end with the given cost per execution.
struct Bench {
  explicit Bench(FakeBackend::Cost cost) : backend(clock, std::move(cost)) {
    layer = std::get<0>(backend.prepare(kLayer));
  }
  FakeClock clock;
  FakeBackend backend;
  std::unique_ptr<PreparedLayer> layer;
};

TEST(Protocol, FindsTheTimeOfASteadyLayer) {
  Bench bench([](const LayerConfig&, int) { return microseconds(40); });
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock);
  EXPECT_NEAR(result.runtime.value(), 40e-6, 1e-12);
  EXPECT_TRUE(result.steady);
  EXPECT_THAT(result.repetitions, SizeIs(ProtocolOptions().repetitions));
  for (const Repetition& repetition : result.repetitions) {
    EXPECT_GE(repetition.window, ProtocolOptions().min_window);
    EXPECT_TRUE(repetition.marks.empty());
  }
  EXPECT_FALSE(result.energy);
  EXPECT_EQ(result.energy_absent, "no power meter was given");
  EXPECT_EQ(result.implementation, "fake:1");
}

TEST(Protocol, WarmUpGoesOnUntilTheLayerIsSteady) {
  // Each execution is 20 % faster than the one before, for 20 executions.
  Bench bench([](const LayerConfig&, int n) {
    return Seconds(1e-3 * (n < 20 ? std::pow(0.8, n - 20) : 1.0));
  });
  ProtocolOptions options;
  options.max_warm_up = Seconds(10);
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock);
  EXPECT_GE(result.warm_up_executions, 20);
  EXPECT_TRUE(result.steady);
  EXPECT_NEAR(result.runtime.value(), 1e-3, 1e-9);
}

TEST(Protocol, SaysWhenALayerDoesNotBecomeSteady) {
  Bench bench([](const LayerConfig&, int n) { return Seconds(n % 2 == 0 ? 1e-3 : 2e-3); });
  EXPECT_FALSE(measure_layer(*bench.layer, {}, bench.clock).steady);
}

TEST(Protocol, SlicesThatWerePreemptedDoNotCount) {
  FakeClock* clock = nullptr;
  Bench bench([&](const LayerConfig&, int n) {
    if (n % 3 != 0) return milliseconds(1);
    clock->preempt();
    return milliseconds(9);
  });
  clock = &bench.clock;
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock);
  EXPECT_NEAR(result.runtime.value(), 1e-3, 1e-9);
}

TEST(Protocol, AWindowThatWasMostlyPreemptedIsMarkedAndRepeated) {
  FakeClock* clock = nullptr;
  bool busy = true;
  Bench bench([&](const LayerConfig&, int n) {
    busy = n < 7;
    if (busy) clock->preempt();
    return milliseconds(busy ? 8 : 1);
  });
  clock = &bench.clock;
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock);
  EXPECT_GT(result.repetitions.size(), static_cast<std::size_t>(ProtocolOptions().repetitions));
  EXPECT_THAT(result.repetitions[0].marks, Contains(Mark::kPreempted));
  EXPECT_NEAR(result.runtime.value(), 1e-3, 1e-9);
}

TEST(Protocol, OutliersAreMarkedAndStay) {
  LayerMeasurement measurement;
  for (const double runtime : {1.0, 1.1, 1.0, 2.0, 1.05})
    measurement.repetitions.push_back({Seconds(runtime), 1, Seconds(runtime), {}, {}, {}, {}, {}});
  summarise(measurement, 1.3);
  EXPECT_THAT(measurement.repetitions, SizeIs(5));
  EXPECT_THAT(measurement.repetitions[3].marks, Contains(Mark::kSlow));
  EXPECT_DOUBLE_EQ(measurement.runtime.value(), 1.025);
  EXPECT_DOUBLE_EQ(measurement.high.value(), 1.1);
}

TEST(Protocol, InterleavesLayersInASeededOrder) {
  std::string order;
  FakeClock clock;
  FakeBackend backend(clock, [&](const LayerConfig& config, int) {
    order += config.batch() == 1 ? 'a' : 'b';
    return milliseconds(6);
  });
  const auto a = std::get<0>(backend.prepare(kLayer));
  const auto b = std::get<0>(backend.prepare(parse_layer("activation mode=relu batch=2 in=64")));
  PreparedLayer* const layers[] = {a.get(), b.get()};
  measure_layers(layers, {}, clock, nullptr, "");
  const std::string first = order;
  EXPECT_EQ(order.find("aaaaa"), std::string::npos) << "repetitions follow each other";
  order.clear();
  const auto a2 = std::get<0>(backend.prepare(kLayer));
  const auto b2 = std::get<0>(backend.prepare(parse_layer("activation mode=relu batch=2 in=64")));
  PreparedLayer* const again[] = {a2.get(), b2.get()};
  measure_layers(again, {}, clock, nullptr, "");
  EXPECT_EQ(order, first);
}

TEST(Protocol, AnEnergyCounterGivesPowerAndEnergyPerExecution) {
  Bench bench([](const LayerConfig&, int) { return microseconds(300); });
  FakeMeter meter(bench.clock, {.power = Watts(80), .update_period = milliseconds(10)});
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock, &meter);
  ASSERT_TRUE(result.power);
  EXPECT_NEAR(result.power->value(), 80, 80 * 0.02);
  EXPECT_NEAR(result.energy->value(), 80 * 300e-6, 80 * 300e-6 * 0.02);
  EXPECT_TRUE(result.energy_absent.empty());
  for (const Repetition& repetition : result.repetitions) {
    EXPECT_GE(repetition.window.value(), 0.2);
    ASSERT_THAT(repetition.domains, SizeIs(2));
    EXPECT_NEAR(repetition.domains[1]->value(), 40, 1);
    EXPECT_TRUE(repetition.marks.empty());
  }
}

// The phases of the meter's period at which executions begin, a tenth each.
std::vector<int> tenths_of(Seconds period, Seconds execution) {
  std::vector<int> tenths(10, 0);
  FakeClock* clock = nullptr;
  Bench bench([&](const LayerConfig&, int) {
    const double periods = clock->now() / period;
    ++tenths[static_cast<std::size_t>((periods - std::floor(periods)) * 10) % 10];
    return execution;
  });
  clock = &bench.clock;
  FakeMeter meter(bench.clock, {.update_period = period});
  ProtocolOptions options;
  options.repetitions = 20;
  options.max_warm_up = Seconds(0);
  measure_layer(*bench.layer, options, bench.clock, &meter);
  return tenths;
}

TEST(Protocol, RepetitionsMeetTheMeterInDifferentPhases) {
  // A layer as long as the period would meet it in one phase only.
  const std::vector<int> tenths = tenths_of(milliseconds(20), milliseconds(20));
  int all = 0;
  for (const int count : tenths) all += count;
  for (const int count : tenths) {
    EXPECT_GT(count, all / 25);
    EXPECT_LT(count, all / 5);
  }
}

TEST(Protocol, APowerSensorIsAveraged) {
  Bench bench([](const LayerConfig&, int) { return microseconds(300); });
  FakeMeter meter(bench.clock, {.power = Watts(80), .energy_counter = false});
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock, &meter);
  ASSERT_TRUE(result.power);
  EXPECT_NEAR(result.power->value(), 80, 1e-9);
}

TEST(Protocol, AMeterThatDiesHalfWayLeavesTheRuntime) {
  Bench bench([](const LayerConfig&, int) { return microseconds(300); });
  FakeMeter meter(bench.clock, {.dies_at = Seconds(1000.5)});
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock, &meter);
  EXPECT_NEAR(result.runtime.value(), 300e-6, 1e-9);
  EXPECT_THAT(result.energy_absent, HasSubstr("the fake meter died"));
  EXPECT_THAT(result.repetitions.back().marks, Contains(Mark::kMeterFailed));
  EXPECT_FALSE(result.repetitions.back().energy);
  EXPECT_TRUE(result.repetitions.front().energy);
}

TEST(Protocol, AStuckCounterIsNoEnergyOfZero) {
  Bench bench([](const LayerConfig&, int) { return microseconds(300); });
  FakeMeter meter(bench.clock, {.stuck_from = Seconds(1000)});
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock, &meter);
  EXPECT_FALSE(result.energy);
  EXPECT_THAT(result.energy_absent, HasSubstr("does not move"));
}

TEST(Protocol, ThrottledRepetitionsAreMarkedAndNotMixedIn) {
  Bench bench([](const LayerConfig&, int) { return microseconds(300); });
  FakeMeter meter(bench.clock, {.throttled_from = Seconds(1000.9)});
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock, &meter);
  EXPECT_THAT(result.repetitions.front().marks, IsEmpty());
  EXPECT_THAT(result.repetitions.back().marks, Contains(Mark::kThrottled));
}

// A layer whose windows differ by turns: `low` and `high`, so many executions each.
FakeBackend::Cost by_turns(Seconds low, Seconds high, int executions) {
  return [=](const LayerConfig&, int n) { return n / executions % 2 == 0 ? low : high; };
}

TEST(Protocol, APauseWhileCalibratingMakesNoShortWindows) {
  Bench bench([](const LayerConfig&, int n) { return milliseconds(n == 2 ? 50 : 0.1); });
  const LayerMeasurement result = measure_layer(*bench.layer, {}, bench.clock);
  EXPECT_FALSE(result.steady);
  for (const Repetition& repetition : result.repetitions)
    EXPECT_GE(repetition.window, ProtocolOptions().min_window);
}

// Whole rounds through the copies of a layer's data, each of which has its own speed.
class TwoCopies final : public PreparedLayer {
 public:
  explicit TwoCopies(FakeClock& clock) : clock_(clock) {}
  void run() override { clock_.advance(milliseconds(runs_++ % 2 == 0 ? 0.8 : 1.4)); }
  void synchronise() override {}
  std::int64_t period() const override { return 2; }
  std::string implementation() const override { return "two"; }
  LayerValues values() const override { return {}; }

 private:
  FakeClock& clock_;
  int runs_ = 0;
};

TEST(Protocol, SlicesAreWholeRoundsThroughALayersMemory) {
  FakeClock clock;
  TwoCopies layer(clock);
  const LayerMeasurement result = measure_layer(layer, {}, clock);
  EXPECT_NEAR(result.runtime.value(), 1.1e-3, 1e-9);
  EXPECT_NEAR(result.precision, 0, 1e-9);
  EXPECT_EQ(result.repetitions[0].executions % 2, 0);
}

TEST(Protocol, RepeatsOnlyWhatIsNotYetCertain) {
  FakeClock clock;
  // Executions of 6 ms are windows by themselves.
  FakeBackend backend(clock, [](const LayerConfig& config, int n) {
    return milliseconds(config.batch() == 1 || n % 2 == 0 ? 6 : 7);
  });
  const auto steady = std::get<0>(backend.prepare(kLayer));
  const auto shaky =
      std::get<0>(backend.prepare(parse_layer("activation mode=relu batch=2 in=64")));
  PreparedLayer* const layers[] = {steady.get(), shaky.get()};
  ProtocolOptions options;
  options.precision = 0.02;
  options.max_repetitions = 30;
  const auto results = measure_layers(layers, options, clock, nullptr, "");
  EXPECT_THAT(results[0].repetitions, SizeIs(options.repetitions));
  EXPECT_EQ(results[0].precision, 0);
  // Half of 6 and half of 7 never agree: it stops at the most, and says what it reached.
  EXPECT_THAT(results[1].repetitions, SizeIs(30));
  EXPECT_NEAR(results[1].precision, 0.5 / 6.5, 1e-9);
  options.precision = 0.1;
  EXPECT_THAT(measure_layer(*shaky, options, clock).repetitions, SizeIs(options.repetitions));
}

TEST(Protocol, StopsAsSoonAsItIsCertain) {
  // The first windows are disturbed, later ones agree: the interval of the median closes.
  Bench bench([](const LayerConfig&, int n) { return milliseconds(n < 8 && n % 2 == 0 ? 7 : 6); });
  ProtocolOptions options;
  options.precision = 0.01;
  options.max_warm_up = Seconds(0);
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock);
  EXPECT_GT(result.repetitions.size(), static_cast<std::size_t>(options.repetitions));
  EXPECT_LT(result.repetitions.size(), static_cast<std::size_t>(options.max_repetitions));
  EXPECT_LE(result.precision, 0.01);
}

TEST(Protocol, WithoutAPrecisionTheRepetitionsAreEnough) {
  Bench bench(by_turns(milliseconds(6), milliseconds(7), 1));
  ProtocolOptions options;
  options.precision = 0;
  EXPECT_THAT(measure_layer(*bench.layer, options, bench.clock).repetitions,
              SizeIs(options.repetitions));
}

TEST(Protocol, FurtherRepetitionsAreNotUnderTheMeter) {
  Bench bench(by_turns(milliseconds(6), milliseconds(7), 100));
  FakeMeter meter(bench.clock, {.update_period = milliseconds(10)});
  ProtocolOptions options;
  options.precision = 0.001;
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock, &meter);
  ASSERT_GT(result.repetitions.size(), static_cast<std::size_t>(options.repetitions));
  for (std::size_t i = 0; i < result.repetitions.size(); ++i)
    EXPECT_EQ(result.repetitions[i].power.has_value(),
              i < static_cast<std::size_t>(options.repetitions));
}

TEST(Protocol, RecordsTheMachinesPaceBesideTheLayer) {
  Bench bench([](const LayerConfig&, int) { return milliseconds(6); });
  // The memory gets slower; the clock stays.
  FakePace pace(bench.clock, [](Seconds now) {
    return Pace{microseconds(50), microseconds(60 * (now.value() - 999))};
  });
  ProtocolOptions options;
  options.pace = &pace;
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock);
  ASSERT_TRUE(result.pace);
  EXPECT_EQ(result.pace->arithmetic, microseconds(50));
  EXPECT_GT(result.pace->memory, result.repetitions.front().pace->memory);
  EXPECT_LT(result.pace->memory, result.repetitions.back().pace->memory);
  // Windows of 6 ms, probes every 10 ms at most.
  EXPECT_LT(pace.probes, options.repetitions);
  EXPECT_GE(pace.probes, options.repetitions / 2);
}

TEST(Protocol, MarksHaveNames) {
  for (const Mark mark : {Mark::kPreempted, Mark::kSlow, Mark::kFewMeterUpdates, Mark::kMeterFailed,
                          Mark::kThrottled})
    EXPECT_EQ(parse_mark(to_string(mark)), mark);
  EXPECT_FALSE(parse_mark("fine"));
}

TEST(Statistics, TheIntervalOfAMedian) {
  EXPECT_DOUBLE_EQ(median_of({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median_of({4, 1, 2, 3}), 2.5);
  std::vector<double> values;
  for (int i = 1; i <= 15; ++i) values.push_back(i);
  // Binomial(15, 1/2): P(3 or fewer) = 0.0176; 4 of 15: 0.059.
  EXPECT_DOUBLE_EQ(median_interval(values).low, 4);
  EXPECT_DOUBLE_EQ(median_interval(values).high, 12);
  EXPECT_DOUBLE_EQ(median_interval({2, 1, 3}).low, 1);
  EXPECT_DOUBLE_EQ(median_interval({5}).high, 5);
}

// A device with a clock of its own: that one counts, not the processor's.
class DeviceClockLayer final : public PreparedLayer {
 public:
  explicit DeviceClockLayer(FakeClock& clock) : clock_(clock) {}
  void run() override { FAIL() << "the device's clock was to be used"; }
  void synchronise() override {}
  std::optional<Seconds> run_by_device_clock(std::int64_t executions) override {
    clock_.advance(microseconds(90) * static_cast<double>(executions));
    return microseconds(70) * static_cast<double>(executions);
  }
  std::map<std::string, double> side_measurements() override { return {{"kernel_ms", 0.05}}; }
  std::string implementation() const override { return "device"; }
  LayerValues values() const override { return {}; }

 private:
  FakeClock& clock_;
};

TEST(Protocol, TakesTheDevicesClockAndWhatItTellsBesides) {
  FakeClock clock;
  DeviceClockLayer layer(clock);
  const LayerMeasurement result = measure_layer(layer, {}, clock);
  EXPECT_NEAR(result.runtime.value(), 70e-6, 1e-12);
  EXPECT_EQ(result.extras.at("kernel_ms"), 0.05);
}

// Counts a thousand instructions for each microsecond that passes.
class FakeCounters final : public Counters {
 public:
  explicit FakeCounters(FakeClock& clock) : clock_(clock) {}
  Counts read() override { return {{"instructions", clock_.now().value() * 1e9}}; }

 private:
  FakeClock& clock_;
};

TEST(Protocol, CountersAreToldForOneExecution) {
  Bench bench([](const LayerConfig&, int) { return microseconds(40); });
  FakeCounters counters(bench.clock);
  ProtocolOptions options;
  options.counters = &counters;
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock);
  EXPECT_NEAR(result.extras.at("instructions"), 40e3, 1);
}

TEST(Protocol, OnlySoManyWindowsAreUnderTheMeter) {
  Bench bench([](const LayerConfig&, int) { return microseconds(40); });
  FakeMeter meter(bench.clock, {});
  ProtocolOptions options;
  options.metered_repetitions = 2;
  options.meter_lead_in = Seconds(0.5);
  const Seconds start = bench.clock.now();
  const LayerMeasurement result = measure_layer(*bench.layer, options, bench.clock, &meter);
  EXPECT_GT(bench.clock.now() - start, Seconds(1));  // two leads
  int with_power = 0;
  for (const Repetition& repetition : result.repetitions) with_power += repetition.power ? 1 : 0;
  EXPECT_EQ(with_power, 2);
  EXPECT_THAT(result.energy_absent, IsEmpty());
  options.metered_repetitions = 0;
  EXPECT_THAT(measure_layer(*bench.layer, options, bench.clock, &meter).energy_absent,
              HasSubstr("under the meter"));
}

}  // namespace
}  // namespace neuralpower
