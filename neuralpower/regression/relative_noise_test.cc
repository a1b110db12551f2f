// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/relative_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

TEST(RelativeNoise, WeightsByHand) {
  const auto weights = noise_weights(std::vector<double>{1, 2, 4}, 2);
  EXPECT_DOUBLE_EQ(weights[0], 1 / 5.0);
  EXPECT_DOUBLE_EQ(weights[1], 1 / 2.0);
  EXPECT_DOUBLE_EQ(weights[2], 1 / 1.25);
  EXPECT_EQ(noise_weights(std::vector<double>{1, 2}, 0), (std::vector<double>{1, 1}));
}

struct Rows {
  std::vector<double> predicted, measured;
};

// Values over four decades with relative noise of 5 % and `absolute` besides.
Rows noisy(double absolute) {
  Rows rows;
  std::mt19937_64 engine(5);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 2000; ++i) {
    const double value = std::pow(10, 4 * static_cast<double>(i) / 2000 - 1);
    const double sigma = 0.05 * std::hypot(1.0, absolute / value);
    rows.measured.push_back(value);
    rows.predicted.push_back(value * std::max(0.1, 1 + sigma * normal(engine)));
  }
  return rows;
}

TEST(RelativeNoise, FindsTheScaleThatWasPlanted) {
  for (const double planted : {0.2, 0.5, 1.0}) {
    const Rows rows = noisy(planted);
    const double found = relative_noise_scale(rows.predicted, rows.measured);
    EXPECT_GT(found, planted / 1.4);
    EXPECT_LT(found, planted * 1.4);
  }
}

TEST(RelativeNoise, NothingWhereAllAreAlike) {
  const Rows rows = noisy(0);
  EXPECT_LT(relative_noise_scale(rows.predicted, rows.measured), 0.05);
}

TEST(RelativeNoise, RefusesRowsThatDoNotMatch) {
  const std::vector<double> one = {1}, two = {1, 2};
  EXPECT_THROW(relative_noise_scale(one, two), Error);
  EXPECT_THROW(relative_noise_scale({}, {}), Error);
  EXPECT_THROW(relative_noise_scale(std::vector<double>{0}, one), Error);
}

}  // namespace
}  // namespace neuralpower
