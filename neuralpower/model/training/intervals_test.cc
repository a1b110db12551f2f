// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/intervals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace neuralpower {
namespace {

// How often a band from n lognormal ratios holds the next one.
double share_held(std::size_t n) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  int held = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> truth, predicted;
    for (std::size_t i = 0; i < n; ++i) {
      predicted.push_back(static_cast<double>(i) + 1);
      truth.push_back(predicted.back() * std::exp(0.3 * normal(random)));
    }
    const IntervalBand band = conformal_bands(truth, predicted).front();
    const double next = std::exp(0.3 * normal(random));
    held += band.low <= next && next <= band.high;
  }
  return static_cast<double>(held) / kTrials;
}

TEST(IntervalsTest, FewRowsHoldNinetyPerCentToo) {
  for (const std::size_t n : {5, 10, 18, 19, 40}) {
    SCOPED_TRACE(n);
    EXPECT_GE(share_held(n), 0.88);
    EXPECT_LE(share_held(n), 0.97);
  }
}

TEST(IntervalsTest, OneRowSaysOnlyItself) {
  const std::vector<double> truth = {2}, predicted = {1};
  const auto bands = conformal_bands(truth, predicted);
  ASSERT_EQ(bands.size(), 1u);
  EXPECT_EQ(bands[0].low, 1);
  EXPECT_EQ(bands[0].high, 2);
}

// Forty rows of two groups say as little about a third as two rows do.
TEST(IntervalsTest, GroupsCountNotTheirRows) {
  std::vector<double> truth, predicted;
  std::vector<std::string> groups;
  for (int i = 0; i < 40; ++i) {
    groups.push_back(i % 2 ? "a" : "b");
    predicted.push_back(i + 1);
    truth.push_back(predicted.back() * (i % 2 ? 1.1 : 0.9));
  }
  const auto grouped = grouped_band(truth, predicted, groups);
  const auto rows = conformal_bands(truth, predicted);
  ASSERT_EQ(grouped.size(), 1u);
  EXPECT_LT(grouped[0].low, 0.6);
  EXPECT_GT(grouped[0].high, 1.6);
  EXPECT_NEAR(rows[0].low, 0.9, 1e-9);
}

}  // namespace
}  // namespace neuralpower
