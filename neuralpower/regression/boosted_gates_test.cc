// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/boosted_gates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

BoostOptions plain(int rounds) {
  BoostOptions options;
  options.rounds = rounds;
  options.rate = 1;
  options.ridge = 0;
  options.min_rows = 1;
  options.relative = false;
  return options;
}

TEST(BoostedGates, GatesStayBetweenZeroAndOne) {
  const Gate rise{0, Gate::Kind::kRise, 2, 4}, fall{0, Gate::Kind::kFall, 2, 1};
  EXPECT_EQ(rise.value(0), 0);
  EXPECT_EQ(rise.value(3), 0.5);
  EXPECT_EQ(rise.value(100), 1);
  EXPECT_EQ(fall.value(3), 0);
  EXPECT_EQ(fall.value(1.25), 0.75);
  EXPECT_EQ(fall.value(-100), 1);
}

// One column 0 0 1 1, target 0 0 1 1: mean 1/2, residuals -1/2 and 1/2. The step up and the step
// down reduce the squared error alike; the tie goes to the step up, which then takes 1/2. What is
// left is taken by the step down.
TEST(BoostedGates, TwoRoundsByHand) {
  const std::vector<double> x = {0, 0, 1, 1}, y = {0, 0, 1, 1};
  const GateColumns columns(x, 4, 1, 16);
  const BoostedGates fit = fit_boosted_gates(columns, y, plain(2));
  EXPECT_EQ(fit.intercept, 0.5);
  ASSERT_EQ(fit.products.size(), 2u);
  ASSERT_EQ(fit.products[0].gates.size(), 1u);
  EXPECT_EQ(fit.products[0].gates[0], (Gate{0, Gate::Kind::kAbove, 0.5, 0}));
  EXPECT_DOUBLE_EQ(fit.products[0].coefficient, 0.5);
  EXPECT_EQ(fit.products[1].gates[0].kind, Gate::Kind::kBelow);
  EXPECT_DOUBLE_EQ(fit.products[1].coefficient, -0.5);
  const double high = 1;
  EXPECT_DOUBLE_EQ(fit.value(&high), 1);
}

// A Newton step of the relative loss: all rows have r = 0.1 on the one side and 0 on the other, so
// f = 0.05 everywhere at first. e = exp(f - r), w = e^2, q = (1 - e) / e; the step up gains A^2 / H
// with A = 2 w q, H = 2 w, and its coefficient is q.
TEST(BoostedGates, OneRelativeRoundByHand) {
  const std::vector<double> x = {0, 0, 1, 1}, r = {0, 0, 0.1, 0.1};
  BoostOptions options = plain(1);
  options.relative = true;
  const BoostedGates fit = fit_boosted_gates(GateColumns(x, 4, 1, 16), r, options);
  ASSERT_EQ(fit.products.size(), 1u);
  // Predicting too high costs more: exp(0.05) - 1 > 1 - exp(-0.05), so the lower side goes first.
  EXPECT_EQ(fit.products[0].gates[0].kind, Gate::Kind::kBelow);
  EXPECT_NEAR(fit.products[0].coefficient, std::exp(-0.05) - 1, 1e-15);
}

TEST(BoostedGates, FindsAProductOfTwoSteps) {
  std::vector<double> x, y;
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 20; ++j) {
      x.insert(x.end(), {double(i), double(j)});
      y.push_back(i > 7 && j <= 4 ? 1 : 0);
    }
  BoostOptions options = plain(40);
  options.min_rows = 4;
  options.max_knots = 32;
  const BoostedGates fit = fit_boosted_gates(GateColumns(x, 400, 2, 32), y, options);
  ASSERT_FALSE(fit.products.empty());
  const auto& gates = fit.products[0].gates;
  ASSERT_EQ(gates.size(), 2u);
  for (const Gate& gate : gates) EXPECT_EQ(gate.knot, gate.column == 0 ? 7.5 : 4.5);
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    worst = std::max(worst, std::abs(fit.value(&x[2 * i]) - y[i]));
  EXPECT_LT(worst, 1e-3);
}

TEST(BoostedGates, RampsFollowALineExactly) {
  std::vector<double> x, y;
  for (int i = 0; i <= 100; ++i) {
    x.push_back(i);
    y.push_back(std::max(0, i - 50) * 0.02);
  }
  BoostOptions options = plain(60);
  options.steps = false;
  const BoostedGates fit = fit_boosted_gates(GateColumns(x, x.size(), 1, 101), y, options);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(fit.value(&x[i]), y[i], 0.03) << i;
  const double far = 1e6;
  EXPECT_NEAR(fit.value(&far), fit.value(&x.back()), 1e-12) << "outside, the last value holds";
}

TEST(BoostedGates, StagesEndAtTheValue) {
  std::vector<double> x, y;
  for (int i = 0; i < 60; ++i) {
    x.insert(x.end(), {double(i % 7), double(i % 11), double(i)});
    y.push_back(std::sin(i));
  }
  const GateColumns columns(x, 60, 3, 16);
  BoostOptions options;
  options.rounds = 25;
  const BoostedGates fit = fit_boosted_gates(columns, y, options);
  ASSERT_GT(fit.products.size(), 2u);
  std::vector<double> stages;
  fit.stages(&x[9], stages);
  EXPECT_EQ(stages.size(), fit.products.size() + 1);
  EXPECT_EQ(stages.front(), fit.intercept);
  EXPECT_EQ(stages.back(), fit.value(&x[9]));
}

TEST(BoostedGates, NothingToFind) {
  const std::vector<double> constant(10, 3.0), y = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const BoostedGates fit = fit_boosted_gates(GateColumns(constant, 10, 1, 16), y, {});
  EXPECT_TRUE(fit.products.empty());
  EXPECT_EQ(fit.intercept, 5.5);
  EXPECT_THROW(fit_boosted_gates(GateColumns(constant, 5, 2, 16), y, {}), Error);
  EXPECT_THROW(GateColumns(constant, 10, 1, 1000), Error);
}

}  // namespace
}  // namespace neuralpower
