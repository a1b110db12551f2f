// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/cross_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

struct Data {
  std::size_t rows, cols;
  std::vector<double> x, y, w;
  std::vector<std::uint32_t> fold;
  MatrixView terms() const { return {x.data(), rows, cols}; }
  MatrixView targets() const { return {y.data(), rows, 2}; }
  FoldMoments moments(unsigned threads = 1) const {
    return accumulate_moments(terms(), targets(), w, fold, 5, threads);
  }
};

// Two targets; the second is on another scale.
Data simulated(std::size_t rows, std::size_t cols) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  Data data{rows, cols, {}, {}, {}, make_folds(rows, 5, 1)};
  for (std::size_t r = 0; r < rows; ++r) {
    double y = 20;
    for (std::size_t j = 0; j < cols; ++j) {
      data.x.push_back(normal(random));
      if (j % 4 == 0) y += data.x.back();
    }
    data.y.push_back(y + normal(random));
    data.y.push_back(1e6 * (y + 2 * normal(random)));
    data.w.push_back(static_cast<double>(r % 3));
  }
  return data;
}

TEST(CrossValidation, ErrorsAreThoseOfModelsThatDidNotSeeTheFold) {
  const Data data = simulated(150, 12);
  for (const bool intercept : {true, false}) {
    for (const std::size_t target : {0, 1}) {
      PathOptions options;
      options.intercept = intercept;
      const CrossValidation cv = cross_validate(data.moments(), options, target);
      ASSERT_EQ(cv.fold_mse.size(), 5 * cv.path.size());
      for (const std::size_t k : {std::size_t{3}, std::size_t{40}, cv.lambda_min}) {
        const double lambda = cv.path.lambda[k];
        const HeldOutErrors errors = held_out_errors(data.moments(), data.terms(), data.targets(),
                                                     data.w, data.fold, lambda, options, target);
        for (std::size_t f = 0; f < 5; ++f) {
          double square = 0, weight = 0;
          for (std::size_t r = 0; r < data.rows; ++r) {
            if (data.fold[r] != f) continue;
            const double error = errors.predicted[r] - data.y[2 * r + target];
            square += data.w[r] * error * error;
            weight += data.w[r];
          }
          EXPECT_NEAR(cv.fold_mse[f * cv.path.size() + k] / (square / weight), 1, 1e-10);
        }
      }
      EXPECT_LE(cv.lambda_1se, cv.lambda_min);
      EXPECT_LE(*std::max_element(cv.kkt.begin(), cv.kkt.end()), 1e-12);
      EXPECT_LE(*std::max_element(cv.gap.begin(), cv.gap.end()), 1e-9);
      EXPECT_TRUE(cv.converged);
    }
  }
}

TEST(CrossValidation, DoesNotDependOnThreads) {
  const Data data = simulated(400, 30);
  const CrossValidation one = cross_validate(data.moments(1), {}, 0, 1);
  const CrossValidation three = cross_validate(data.moments(3), {}, 0, 3);
  EXPECT_EQ(one.fold_mse, three.fold_mse);
  EXPECT_EQ(one.path.coefficients, three.path.coefficients);
  EXPECT_EQ(one.path.objective, three.path.objective);
  EXPECT_EQ(one.kkt, three.kkt);
}

TEST(CrossValidation, ColumnsThatVaryInOneFoldOnlyAreConstantWithoutIt) {
  Data data = simulated(100, 6);
  for (std::size_t r = 0; r < data.rows; ++r) {
    data.x[r * 6 + 2] = data.fold[r] == 3 ? data.x[r * 6 + 2] : 1e7 / 3;
  }
  const CrossValidation cv = cross_validate(data.moments());
  EXPECT_TRUE(cv.converged);
  EXPECT_LE(*std::max_element(cv.kkt.begin(), cv.kkt.end()), 1e-12);
}

// Many terms, most of them products of few, half of the latter copies.
Data wide(std::size_t rows, std::size_t cols) {
  Data data = simulated(rows, 16);
  std::vector<double> x;
  for (std::size_t r = 0; r < rows; ++r) {
    const double* base = data.x.data() + r * 16;
    for (std::size_t column = 0; column < cols; ++column) {
      const std::size_t j = column % 10 == 9 ? column - 9 : column;  // exact copies among them
      x.push_back((base[j % 16] * (1 + base[(j / 16) % 8]) + 0.2 * base[(j / 128) % 16]) *
                  (j % 5 == 0 ? 1e6 : 3));
    }
  }
  data.x = x;
  data.cols = cols;
  return data;
}

TEST(CrossValidation, WorkingSetOfManyTermsGivesTheSameAsAllTerms) {
  const Data data = wide(90, 1101);
  for (const int variant : {0, 1, 2, 3}) {
    SCOPED_TRACE(variant);
    PathOptions options;
    options.ratio = 1e-3;
    options.non_negative = variant == 1;
    options.intercept = variant != 2;
    if (variant == 3) {
      options.penalty_factors.assign(data.cols, 1.0);
      options.penalty_factors[900] = options.penalty_factors[3] = 0;
      options.penalty_factors[10] = std::numeric_limits<double>::infinity();
    }
    const CrossValidation all = cross_validate(data.moments(), options);
    const RowBlock rows{data.terms(), data.targets(), data.w, data.fold};
    const CrossValidation screened = cross_validate_rows(rows, 5, options, 0, 2);
    ASSERT_EQ(screened.path.size(), all.path.size());
    EXPECT_EQ(screened.path.terms, data.cols);
    for (std::size_t k = 0; k < all.path.size(); ++k) {
      EXPECT_NEAR(screened.path.lambda[k] / all.path.lambda[k], 1, 1e-12);
      EXPECT_NEAR(screened.path.objective[k] / all.path.objective[k], 1, 1e-9);
      EXPECT_NEAR(screened.cv_mse[k] / all.cv_mse[k], 1, 1e-6);
      EXPECT_LE(screened.kkt[k], 1e-9);
    }
    EXPECT_EQ(screened.lambda_min, all.lambda_min);
    for (std::size_t k = 0; k < all.path.size(); ++k) {
      EXPECT_EQ(screened.path.coefficients_at(k)[19], 0) << "a copy of column 10";
    }
    const CrossValidation again = cross_validate_rows(rows, 5, options, 0, 1);
    EXPECT_EQ(again.path.coefficients, screened.path.coefficients);
    EXPECT_EQ(again.fold_mse, screened.fold_mse);
  }
}

TEST(CrossValidation, RowsOfManyTermsAreChecked) {
  Data data = wide(60, 700);
  data.x[17 * 700 + 650] = std::nan("");
  try {
    cross_validate_rows({data.terms(), data.targets(), data.w, data.fold}, 5);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr("row 18, column 651:"));
  }
  data.fold.pop_back();
  EXPECT_THROW(cross_validate_rows({data.terms(), data.targets(), data.w, data.fold}, 5), Error);
}

TEST(CrossValidation, RefusesEmptyFolds) {
  Data data = simulated(50, 3);
  for (std::size_t r = 0; r < data.rows; ++r) {
    if (data.fold[r] == 2) data.w[r] = 0;
  }
  try {
    cross_validate(data.moments());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr("fold 3 of 5 has no rows"));
  }
  EXPECT_THROW(cross_validate(accumulate_moments(data.terms(), data.targets(), {}, {}, 1)), Error);
}

TEST(Folds, GroupsNeverStraddleAndFoldsAreEven) {
  std::vector<std::uint64_t> group;
  for (std::uint64_t g = 0; g < 97; ++g) {
    for (std::uint64_t i = 0; i <= g % 4; ++i) group.push_back(g * 1000003);
  }
  const std::vector<std::uint32_t> folds = make_folds(group, 10, 7);
  std::vector<std::size_t> rows(10, 0);
  for (std::size_t r = 0; r < group.size(); ++r) {
    ++rows[folds[r]];
    if (r > 0 && group[r] == group[r - 1]) {
      EXPECT_EQ(folds[r], folds[r - 1]);
    }
  }
  for (const std::size_t count : rows) {
    EXPECT_GE(count, group.size() / 10 - 1);
    EXPECT_LE(count, group.size() / 10 + 2);
  }
  EXPECT_EQ(folds, make_folds(group, 10, 7));
  EXPECT_NE(folds, make_folds(group, 10, 8));
  EXPECT_THROW(make_folds(3, 4, 1), Error);
  EXPECT_THROW(make_folds(3, 1, 1), Error);
}

TEST(ErrorMetrics, FollowTheirDefinitions) {
  const std::vector<double> truth = {1, 2, 4}, predicted = {1.1, 1, 4};
  const ErrorMetrics metrics = error_metrics(truth, predicted);
  EXPECT_NEAR(metrics.rmse, std::sqrt(1.01 / 3), 1e-15);
  EXPECT_NEAR(metrics.rmspe, 100 * std::sqrt((0.01 + 0.25) / 3), 1e-12);
  EXPECT_NEAR(metrics.mape, 20, 1e-12);
  EXPECT_NEAR(metrics.r2, 1 - 1.01 / (14.0 / 3), 1e-12);
  EXPECT_NEAR(error_metrics(truth, truth).within10, 100, 1e-12);
  EXPECT_THROW(error_metrics(truth, std::vector<double>{1, 2}), Error);
  EXPECT_THROW(error_metrics({}, {}), Error);
}

}  // namespace
}  // namespace neuralpower
