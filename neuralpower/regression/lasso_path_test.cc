// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/lasso_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/optimality_certificate.h"

namespace neuralpower {
namespace {

struct Data {
  std::size_t rows, cols;
  std::vector<double> x, y, w;

  MatrixView terms() const { return {x.data(), rows, cols}; }
  Moments moments() const {
    return accumulate_moments(terms(), {y.data(), rows, 1}, w, {}, 1).total();
  }
};

Data gaussian(std::size_t rows, std::size_t cols, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Data data{rows, cols, {}, {}, {}};
  for (std::size_t i = 0; i < rows * cols; ++i) data.x.push_back(normal(random));
  for (std::size_t r = 0; r < rows; ++r) {
    double y = 3 + normal(random);
    for (std::size_t j = 0; j < cols; j += 3) y += data.x[r * cols + j] * (j % 2 == 0 ? 1 : -2);
    data.y.push_back(y);
  }
  return data;
}

// All monomials up to the third degree of integers between 1 and 512: columns up to 1e8, and a Gram
// matrix of the kind that stops coordinate descent.
Data cubic(std::size_t rows, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  constexpr std::size_t kBase = 5;
  Data data{rows, 0, {}, {}, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    double base[kBase];
    for (double& b : base)
      b = std::floor(std::exp2(9 * std::generate_canonical<double, 53>(random)));
    base[4] = base[3];
    for (std::size_t i = 0; i < kBase; ++i) data.x.push_back(base[i]);
    for (std::size_t i = 0; i < kBase; ++i) {
      for (std::size_t j = i; j < kBase; ++j) data.x.push_back(base[i] * base[j]);
    }
    for (std::size_t i = 0; i < kBase; ++i) {
      for (std::size_t j = i; j < kBase; ++j) {
        for (std::size_t k = j; k < kBase; ++k) data.x.push_back(base[i] * base[j] * base[k]);
      }
    }
    data.y.push_back(1e-6 * base[0] * base[1] * base[2] + 0.01 * base[3] + normal(random));
  }
  data.cols = data.x.size() / rows;
  return data;
}

void expect_optimal(const Data& data, const LassoPath& path, const PathOptions& options,
                    double tolerance = 1e-11, std::size_t every = 9) {
  ASSERT_TRUE(path.converged);
  for (std::size_t k = 0; k < path.size(); k += every) {
    const Certificate certificate =
        certify(data.terms(), data.y, data.w, path.coefficients_at(k), path.lambda[k], options);
    EXPECT_LE(certificate.kkt, tolerance) << "penalty " << k + 1;
    EXPECT_LE(path.kkt[k], tolerance) << "penalty " << k + 1;
    EXPECT_NEAR(certificate.objective, path.objective[k], tolerance * path.objective[k]);
    if (options.penalty_factors.empty() && path.lambda[k] * options.l1_ratio > 0) {
      EXPECT_LE(certificate.gap, 1e-9) << "penalty " << k + 1;
    }
  }
}

TEST(LassoPath, IsOptimalOnWellConditionedTerms) {
  const Data data = gaussian(200, 30, 1);
  const LassoPath path = fit_lasso_path(data.moments());
  ASSERT_EQ(path.size(), 100u);
  EXPECT_EQ(path.nonzeros.front(), 0u);
  EXPECT_NEAR(path.lambda.back() / path.lambda.front(), 1e-4, 1e-15);
  expect_optimal(data, path, {});
}

TEST(LassoPath, FirstPenaltyIsTheSmallestThatLeavesEverythingOut) {
  const Data data = gaussian(50, 8, 2);
  const LassoPath path = fit_lasso_path(data.moments());
  const Certificate certificate =
      certify(data.terms(), data.y, {}, path.coefficients_at(0), path.lambda[0]);
  EXPECT_NEAR(path.lambda[0], certificate.lambda_max, 1e-14 * certificate.lambda_max);
}

TEST(LassoPath, IsOptimalOnCubicTermsWithCopies) {
  const Data data = cubic(400, 3);
  const LassoPath path = fit_lasso_path(data.moments());
  expect_optimal(data, path, {});
}

TEST(LassoPath, IsOptimalWithFewerRowsThanTerms) {
  for (const unsigned seed : {4u, 5u, 6u}) {
    const Data data = gaussian(20, 60, seed);
    PathOptions options;
    options.ratio = 1e-4;
    expect_optimal(data, fit_lasso_path(data.moments(), options), options);
  }
  const Data few = cubic(30, 7);
  PathOptions options;
  options.ratio = 1e-4;
  expect_optimal(few, fit_lasso_path(few.moments(), options), options);
}

TEST(LassoPath, IsOptimalWithNearCopiesAndHiddenDependence) {
  for (const double distance : {1e-3, 1e-6, 1e-8, 1e-10, 1e-12, 0.0}) {
    Data data = gaussian(100, 12, 8);
    for (std::size_t r = 0; r < data.rows; ++r) {
      double* row = data.x.data() + r * data.cols;
      row[5] = row[0] * (1 + distance * row[7]);  // a near copy
      row[6] = row[1] + row[2] - row[3];          // a sum
      row[8] = -4 * row[4] + 9;                   // an affine image
    }
    expect_optimal(data, fit_lasso_path(data.moments()), {});
  }
}

TEST(LassoPath, WeightsCountAsRepeatedRows) {
  Data weighted = gaussian(40, 6, 9);
  Data repeated{0, 6, {}, {}, {}};
  for (std::size_t r = 0; r < weighted.rows; ++r) {
    const std::size_t times = r % 4;
    weighted.w.push_back(static_cast<double>(times));
    for (std::size_t t = 0; t < times; ++t) {
      repeated.x.insert(repeated.x.end(), weighted.terms().row(r), weighted.terms().row(r) + 6);
      repeated.y.push_back(weighted.y[r]);
      ++repeated.rows;
    }
  }
  const LassoPath a = fit_lasso_path(weighted.moments());
  const LassoPath b = fit_lasso_path(repeated.moments());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_NEAR(a.objective[k], b.objective[k], 1e-12 * b.objective[k]);
  }
  expect_optimal(weighted, a, {});
}

TEST(LassoPath, ElasticNetRidgeAndNonNegativeAreOptimal) {
  Data data = cubic(300, 10);
  std::mt19937_64 random(1);
  for (const double y : data.y) data.w.push_back(1 / (y * y + 1));
  for (const double l1_ratio : {1.0, 0.5, 0.01, 0.0}) {
    for (const bool non_negative : {false, true}) {
      for (const bool intercept : {true, false}) {
        PathOptions options;
        options.l1_ratio = l1_ratio;
        options.non_negative = non_negative;
        options.intercept = intercept;
        SCOPED_TRACE(testing::Message() << l1_ratio << non_negative << intercept);
        expect_optimal(data, fit_lasso_path(data.moments(), options), options, 1e-11, 33);
      }
    }
  }
}

TEST(LassoPath, PenaltyFactorsKeepAndExcludeTerms) {
  const Data data = gaussian(80, 10, 11);
  PathOptions options;
  options.penalty_factors = {1, 0, 1, 2, 1, 0, 0.5, 1, 1, std::numeric_limits<double>::infinity()};
  const LassoPath path = fit_lasso_path(data.moments(), options);
  EXPECT_EQ(path.nonzeros.front(), 2u);
  for (std::size_t k = 0; k < path.size(); ++k) {
    EXPECT_NE(path.coefficients_at(k)[1], 0);
    EXPECT_NE(path.coefficients_at(k)[5], 0);
    EXPECT_EQ(path.coefficients_at(k)[9], 0);
  }
  // For the certificate, which knows finite factors only; the term stays out all the same.
  options.penalty_factors.back() = 1e6;
  expect_optimal(data, path, options);
}

TEST(LassoPath, EqualTargetsConstantsAndSingleRowsGiveTheMean) {
  Data data = gaussian(30, 5, 12);
  for (double& y : data.y) y = 0.1;
  LassoPath path = fit_lasso_path(data.moments());
  EXPECT_THAT(path.lambda, testing::ElementsAre(0));
  EXPECT_EQ(path.nonzeros[0], 0u);
  EXPECT_DOUBLE_EQ(path.intercept[0], 0.1);

  Data constant = gaussian(30, 3, 13);
  for (std::size_t r = 0; r < 30; ++r) constant.x[r * 3 + 1] = 1e11 / 3;
  path = fit_lasso_path(constant.moments());
  for (std::size_t k = 0; k < path.size(); ++k) EXPECT_EQ(path.coefficients_at(k)[1], 0);
  expect_optimal(constant, path, {});

  Data one = gaussian(1, 4, 14);
  path = fit_lasso_path(one.moments());
  EXPECT_EQ(path.size(), 1u);
  EXPECT_DOUBLE_EQ(path.intercept[0], one.y[0]);

  // Four unpenalised terms explain four rows; what remains is rounding.
  Data few = gaussian(4, 9, 18);
  PathOptions options;
  options.penalty_factors = {0, 0, 0, 0, 1, 1, 1, 1, 1};
  path = fit_lasso_path(few.moments(), options);
  EXPECT_THAT(path.lambda, testing::ElementsAre(0));
  EXPECT_NEAR(path.mean_square[0], 0, 1e-14);

  Data none{3, 0, {}, {1, 2, 6}, {}};
  path = fit_lasso_path(none.moments());
  EXPECT_DOUBLE_EQ(path.intercept[0], 3);
}

TEST(LassoPath, ExplicitPenaltiesDownToZeroReachLeastSquares) {
  const Data data = gaussian(60, 6, 15);
  PathOptions options;
  options.lambdas = {1.0, 0.1, 0};
  const LassoPath path = fit_lasso_path(data.moments(), options);
  const Certificate certificate =
      certify(data.terms(), data.y, {}, path.coefficients_at(2), 0, options);
  EXPECT_LE(certificate.kkt, 1e-14);
}

TEST(LassoPath, StopsBeforeTooManyTerms) {
  PathOptions options;
  options.max_nonzeros = 3;
  const LassoPath path = fit_lasso_path(gaussian(60, 20, 16).moments(), options);
  EXPECT_LT(path.size(), 100u);
  EXPECT_LE(path.nonzeros.back(), 3u);
}

TEST(LassoPath, RefusesOptionsThatMakeNoSense) {
  const Moments moments = gaussian(20, 3, 17).moments();
  PathOptions options;
  options.lambdas = {1, 2};
  EXPECT_THROW(fit_lasso_path(moments, options), Error);
  options = {};
  options.penalty_factors = {1, 1};
  EXPECT_THROW(fit_lasso_path(moments, options), Error);
  options = {};
  options.l1_ratio = std::nan("");
  EXPECT_THROW(fit_lasso_path(moments, options), Error);
  EXPECT_THROW(fit_lasso_path(moments, {}, 1), Error);
  EXPECT_THROW(fit_lasso_path(Moments(3, 1)), Error);
}

}  // namespace
}  // namespace neuralpower
