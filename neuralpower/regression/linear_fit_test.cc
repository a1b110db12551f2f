// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/linear_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/duplicate_columns.h"
#include "neuralpower/regression/optimality_certificate.h"

namespace neuralpower {
namespace {

using testing::ElementsAre;

Moments moments_of(const std::vector<double>& x, const std::vector<double>& y,
                   const std::vector<double>& w = {}) {
  const std::size_t cols = x.size() / y.size();
  return accumulate_moments({x.data(), y.size(), cols}, {y.data(), y.size(), 1}, w, {}, 1).total();
}

TEST(LinearFit, RecoversALine) {
  const LinearFit fit = fit_linear(moments_of({1, 2, 3, 4}, {5, 7, 9, 11}));
  EXPECT_NEAR(fit.coefficients[0], 2, 1e-14);
  EXPECT_NEAR(fit.intercept, 3, 1e-14);
  EXPECT_NEAR(fit.mean_square, 0, 1e-14);
}

TEST(LinearFit, WithoutInterceptGoesThroughTheOrigin) {
  LinearFitOptions options;
  options.intercept = false;
  const LinearFit fit = fit_linear(moments_of({1, 2, 3}, {2, 3, 7}), options);
  EXPECT_NEAR(fit.coefficients[0], 29.0 / 14, 1e-14);
  EXPECT_EQ(fit.intercept, 0);
}

TEST(LinearFit, NonNegativeRidgeAndWeightsMeetTheirConditions) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<double> x, y, w;
  for (int r = 0; r < 60; ++r) {
    double sum = 10;
    for (int j = 0; j < 5; ++j) {
      x.push_back(1e3 * normal(random) + (j > 0 ? x.back() : 0));
      sum += (j - 2) * x.back();
    }
    y.push_back(sum + normal(random));
    w.push_back(1 / (y.back() * y.back()));
  }
  for (const double ridge : {0.0, 1e-3}) {
    for (const bool non_negative : {false, true}) {
      LinearFitOptions options;
      options.ridge = ridge;
      options.non_negative = non_negative;
      const LinearFit fit = fit_linear(moments_of(x, y, w), options);
      PathOptions conditions;
      conditions.l1_ratio = 0;
      conditions.non_negative = non_negative;
      EXPECT_LE(certify({x.data(), 60, 5}, y, w, fit.coefficients, ridge, conditions).kkt, 1e-13);
    }
  }
}

TEST(LinearFit, DependentTermsGetZero) {
  const LinearFit fit =
      fit_linear(moments_of({1, 5, 6, 7, 2, 3, 5, 7, 3, 9, 12, 7, 4, 1, 5, 7}, {1, 2, 3, 5}));
  EXPECT_EQ(fit.coefficients[3], 0);
  EXPECT_EQ((fit.coefficients[0] == 0) + (fit.coefficients[1] == 0) + (fit.coefficients[2] == 0),
            1);
}

TEST(LinearFit, RefusesNegativeRidge) {
  LinearFitOptions options;
  options.ridge = -1;
  EXPECT_THROW(fit_linear(moments_of({1, 2, 3}, {2, 3, 7}), options), Error);
}

TEST(DuplicateColumns, KeepsTheShortestName) {
  // long, a copy of the next, x, 3x - 1, near x, constant
  std::vector<double> x, y;
  std::mt19937_64 random(6);
  std::normal_distribution<double> normal;
  for (int r = 0; r < 20; ++r) {
    const double v = normal(random), u = normal(random);
    x.insert(x.end(), {u, v, v, 1 - 3 * v, v + 1e-6 * u, 4});
    y.push_back(normal(random));
  }
  const Moments moments = moments_of(x, y);
  const std::vector<std::string> names = {"u", "height*width", "v", "scaled", "near", "four"};
  const DuplicateColumns exact = find_duplicate_columns(moments, names);
  EXPECT_THAT(exact.kept, ElementsAre(0, 2, 4));
  EXPECT_THAT(exact.stands_for, ElementsAre(0, 2, 2, 2, 4, 5));
  EXPECT_THAT(exact.constant, ElementsAre(5));
  EXPECT_EQ(exact.scale[1], 1);
  EXPECT_NEAR(exact.scale[3], -3, 1e-14);
  const DuplicateColumns near = find_duplicate_columns(moments, names, 1e-9);
  EXPECT_THAT(near.kept, ElementsAre(0, 2));
  EXPECT_THAT(find_duplicate_columns(moments).kept, ElementsAre(0, 1, 4));
  EXPECT_THROW(find_duplicate_columns(moments, std::vector<std::string>{"a"}), Error);
}

}  // namespace
}  // namespace neuralpower
