// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/cost.h"
#include "neuralpower/decide/test_device.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() : predictor_(test_device()) {
    file_ = ::testing::TempDir() + std::to_string(getpid()) + "_net.layers";
    std::ofstream(file_) << "image: input batch=1 in=3x32x32\n"
                            "c1: conv out=16 kernel=3 pad=1\n"
                            "c2: conv out=32 kernel=3 stride=2 pad=1\n";
  }
  Sweep run(const SweepOptions& options) const {
    const Predictor* devices[] = {&predictor_};
    return sweep(file_, options, devices);
  }
  Predictor predictor_;
  std::string file_;
};

TEST_F(SweepTest, EveryPointIsWhatPredictSays) {
  SweepOptions options;
  options.batches = {1, 4};
  options.resolutions = {16, 32};
  const Sweep result = run(options);
  ASSERT_EQ(result.points.size(), 4u);
  const SweepPoint& p = result.points[1];
  EXPECT_EQ(p.resolution, 16);
  EXPECT_EQ(p.batch, 4);
  // 4 x 16 x 16 x 3 x 9 x 16 + 4 x 8 x 8 x 16 x 9 x 32 multiply-accumulates at 1e-6 ms, 2 x 0.5 ms.
  EXPECT_NEAR(in_milliseconds(p.latency->value), 1 + (442368 + 1179648) * 1e-6, 1e-12);
  EXPECT_NEAR(p.power->value.value(), 50, 1e-9);
  EXPECT_NEAR(p.energy_per_item()->value(), 50 * p.latency->value.value() / 4, 1e-12);
  EXPECT_NEAR(*p.items_per_second(), 4 / p.latency->value.value(), 1e-9);
}

TEST_F(SweepTest, TheBestBatchKeepsTheLatencyLimit) {
  SweepOptions options;
  options.batches = {1, 2, 4, 8, 16};
  Sweep result = run(options);
  EXPECT_TRUE(result.points.back().best);  // fixed costs are shared by more items
  options.limits.latency = Seconds(result.points[2].latency->value);
  result = run(options);
  EXPECT_TRUE(result.points[2].best);
  EXPECT_FALSE(result.points.back().best);
  EXPECT_THAT(result.points.back().excluded, HasSubstr("latency"));
}

TEST_F(SweepTest, WidthsScaleEveryLayerButTheLast) {
  SweepOptions options;
  options.widths = {0.5, 1};
  const Sweep result = run(options);
  ASSERT_EQ(result.points.size(), 2u);
  EXPECT_EQ(result.points[0].width, 0.5);
  // 32 x 32 x 3 x 9 x 8 + 16 x 16 x 8 x 9 x 32
  EXPECT_NEAR(in_milliseconds(result.points[0].latency->value), 1 + (221184 + 589824) * 1e-6,
              1e-12);
}

TEST_F(SweepTest, AnotherDataTypeMovesFewerBytesAndSaysSo) {
  SweepOptions options;
  options.dtypes = {DataType::kF32, DataType::kF16};
  const Sweep result = run(options);
  ASSERT_EQ(result.points.size(), 2u);
  EXPECT_TRUE(result.points[0].caveat.empty());
  EXPECT_THAT(result.points[1].caveat, HasSubstr("f16"));

  DeviceModel device = test_device();
  for (auto& [key, models] : device.layers) models.data_types = {DataType::kF16, DataType::kF32};
  const Predictor knows(device);
  const Predictor* devices[] = {&knows};
  EXPECT_TRUE(sweep(file_, options, devices).points[1].caveat.empty()) << "it was measured";
}

TEST_F(SweepTest, ErrorsNameTheCombination) {
  std::ofstream(file_) << "x: input batch=1 in=100\nfc out=10\n";
  SweepOptions options;
  options.resolutions = {8};
  try {
    run(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("resolution 8: has no input of"));
  }
}

TEST(Cost, KilowattHoursMoneyAndCarbon) {
  Tariff tariff;
  tariff.price_per_kwh = 0.30;
  tariff.grams_co2_per_kwh = 400;
  const Joules energy(3.6);
  const Cost cost = cost_of("x", {energy, energy * 0.5, energy * 2}, std::nullopt, tariff);
  EXPECT_NEAR(cost.kwh.value, 1, 1e-12);  // a million times 3.6 J
  EXPECT_NEAR(cost.money->value, 0.30, 1e-12);
  EXPECT_NEAR(cost.money->high, 0.60, 1e-12);
  EXPECT_NEAR(cost.kilograms_co2->low, 0.2, 1e-12);
  EXPECT_FALSE(cost.idle_share);
  EXPECT_THAT(cost.idle_statement, HasSubstr("unknown"));
}

TEST(Cost, IdlePowerIsAPartOfTheRunAndAllOfTheRest) {
  Tariff tariff;
  tariff.price_per_kwh = 1;
  tariff.idle_power = Watts(10);
  tariff.utilisation = 0.25;
  const Cost cost = cost_of("x", {Joules(5), Joules(5), Joules(5)}, Seconds(0.1), tariff);
  // 1 J of the run's 5 is idle; three times as long without work takes another 3.
  EXPECT_NEAR(cost.idle_between_per_item->value(), 3, 1e-12);
  EXPECT_NEAR(*cost.idle_share, 4.0 / 8.0, 1e-12);
  EXPECT_NEAR(cost.kwh.value, 8e6 / 3.6e6, 1e-12);
}

TEST(Cost, RefusesWhatCannotBe) {
  Tariff tariff;
  tariff.idle_power = Watts(100);
  const Joules energy(5);
  EXPECT_THROW(cost_of("x", {energy, energy, energy}, Seconds(0.1), tariff), Error);
  tariff = {};
  tariff.utilisation = 0;
  EXPECT_THROW(cost_of("x", {energy, energy, energy}, Seconds(0.1), tariff), Error);
  tariff = {};
  tariff.overhead = 0.9;
  EXPECT_THROW(cost_of("x", {energy, energy, energy}, Seconds(0.1), tariff), Error);
}

// Where no energy is known nothing but a limit on it excludes, and throughput decides.
TEST(Sweep, WithoutEnergyTheMostItemsASecondAreBest) {
  std::vector<SweepPoint> points(2);
  points[0].batch = 1;
  points[1].batch = 8;
  for (SweepPoint& point : points) {
    const Seconds time = milliseconds(10 + static_cast<double>(point.batch));
    point.latency = {time, time, time};
  }
  mark_best(points, {});
  EXPECT_FALSE(points[0].best);
  EXPECT_TRUE(points[1].best);
  EXPECT_EQ(points[1].excluded, "");
  Limits limits;
  limits.latency = milliseconds(15);
  mark_best(points, limits);
  EXPECT_TRUE(points[0].best);
  EXPECT_EQ(points[1].excluded, "latency 18 ms");
  limits.energy_per_item = Joules(1);
  mark_best(points, limits);
  EXPECT_EQ(points[0].excluded, "its energy is not known");
}

}  // namespace
}  // namespace neuralpower
