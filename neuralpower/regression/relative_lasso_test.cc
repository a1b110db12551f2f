// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/relative_lasso.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/relative_loss.h"

namespace neuralpower {
namespace {

// `dense` is column-major.
std::vector<SparseColumn> sparse(const std::vector<double>& dense, std::size_t rows) {
  std::vector<SparseColumn> columns(dense.size() / rows);
  for (std::size_t k = 0; k < dense.size(); ++k) columns[k / rows].add(k % rows, dense[k]);
  return columns;
}

// One column of mean 0 and mean square 1: its coefficient is the mean product with the target less
// the penalty (soft thresholding), the intercept the target's mean.
TEST(RelativeLasso, OneColumnByHand) {
  const std::vector<double> z = {-1, 1, -1, 1}, r = {0, 2, 1, 3};
  RelativeLassoOptions options;
  options.relative = false;
  options.penalties = 3;
  options.first_penalty = 1;
  options.last_penalty = 0.01;
  const auto fits = fit_relative_lasso(sparse(z, 4), r, options);
  ASSERT_EQ(fits.size(), 3u);
  for (const auto& fit : fits) {
    EXPECT_NEAR(fit.intercept, 1.5, 1e-6);
    EXPECT_NEAR(fit.coefficients[0], 1 - fit.penalty, 1e-6);
  }
  EXPECT_DOUBLE_EQ(fits[1].penalty, 0.1);
  EXPECT_NEAR(fits[2].value(std::vector<double>{1}), 1.5 + 0.99, 1e-6);
}

struct Planted {
  std::size_t rows = 400, count = 60;
  std::vector<double> columns, target;
};

// Random 0s and 1s, six of which matter, under a little noise.
Planted planted() {
  Planted data;
  std::mt19937_64 draw(3);
  for (std::size_t k = 0; k < data.rows * data.count; ++k)
    data.columns.push_back(draw() % 4 == 0 ? 1 : 0);
  for (std::size_t i = 0; i < data.rows; ++i) {
    double r = 0.3 + 0.02 * (static_cast<double>(draw() % 1000) / 1000 - 0.5);
    for (std::size_t t = 0; t < 6; ++t)
      r += (t % 2 ? 0.4 : -0.3) * data.columns[10 * t * data.rows + i];
    data.target.push_back(r);
  }
  return data;
}

// The conditions of Karush, Kuhn and Tucker: the loss's slope along a column equals the penalty
// where its coefficient is not 0, against its sign, and is at most the penalty elsewhere.
TEST(RelativeLasso, SolutionsAreOptimal) {
  const Planted data = planted();
  for (const bool relative : {true, false}) {
    RelativeLassoOptions options;
    options.relative = relative;
    for (const auto& fit :
         fit_relative_lasso(sparse(data.columns, data.rows), data.target, options)) {
      std::vector<double> slope(data.count, 0.0);
      double of_intercept = 0;
      for (std::size_t i = 0; i < data.rows; ++i) {
        std::vector<double> row;
        for (std::size_t t = 0; t < data.count; ++t) row.push_back(data.columns[t * data.rows + i]);
        const double excess = fit.value(row) - data.target[i];
        const NewtonStep step =
            relative ? relative_newton_step(excess) : squared_newton_step(excess);
        const double pull = step.weight * step.residual / static_cast<double>(data.rows);
        of_intercept += pull;
        for (std::size_t t = 0; t < data.count; ++t) slope[t] += pull * row[t];
      }
      const double tolerance = 1e-4 + 1e-2 * fit.penalty;
      EXPECT_NEAR(of_intercept, 0, tolerance);
      for (std::size_t t = 0; t < data.count; ++t) {
        if (fit.coefficients[t] == 0) {
          EXPECT_LE(std::abs(slope[t]), fit.penalty + tolerance);
        } else {
          EXPECT_NEAR(slope[t], std::copysign(fit.penalty, fit.coefficients[t]), tolerance);
        }
      }
    }
  }
}

TEST(RelativeLasso, FindsTheFewThatMatter) {
  const Planted data = planted();
  const auto fits = fit_relative_lasso(sparse(data.columns, data.rows), data.target, {});
  const auto many = [](const RelativeLassoFit& fit) {
    return std::count_if(fit.coefficients.begin(), fit.coefficients.end(),
                         [](double c) { return std::abs(c) > 0.01; });
  };
  EXPECT_EQ(many(fits.front()), 0);
  EXPECT_EQ(many(fits.back()), 6);
  for (std::size_t t = 0; t < 6; ++t)
    EXPECT_NEAR(fits.back().coefficients[10 * t], t % 2 ? 0.4 : -0.3, 0.01);
}

// A row of weight 2 is two rows.
TEST(RelativeLasso, WeightsCountRows) {
  const std::vector<double> z = {0, 1, 1, 0}, r = {0.1, 0.5, 0.2, 0.3}, weights = {1, 2, 1, 2};
  const std::vector<double> twice_z = {0, 1, 1, 1, 0, 0}, twice_r = {0.1, 0.5, 0.5, 0.2, 0.3, 0.3};
  RelativeLassoOptions options, of_twice;
  of_twice.first_penalty *= 4 / 6.0;  // a row's, of more rows
  of_twice.last_penalty *= 4 / 6.0;
  const auto weighted = fit_relative_lasso(sparse(z, 4), r, options, weights);
  const auto repeated = fit_relative_lasso(sparse(twice_z, 6), twice_r, of_twice);
  for (std::size_t k = 0; k < weighted.size(); ++k) {
    EXPECT_NEAR(weighted[k].intercept, repeated[k].intercept, 1e-4);
    EXPECT_NEAR(weighted[k].coefficients[0], repeated[k].coefficients[0], 1e-4);
  }
}

TEST(RelativeLasso, RefusesWhatHasNoPath) {
  const std::vector<double> two = {0, 1}, three = {0, 1, 2};
  EXPECT_THROW(fit_relative_lasso(sparse(two, 2), two, {}, three), Error);
  EXPECT_THROW(fit_relative_lasso(sparse(three, 3), two, {}), Error);
  EXPECT_THROW(fit_relative_lasso(sparse(two, 2), {}, {}), Error);
  RelativeLassoOptions rising;
  rising.last_penalty = 1;
  EXPECT_THROW(fit_relative_lasso(sparse(two, 2), two, rising), Error);
}

}  // namespace
}  // namespace neuralpower
