// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/optimality_certificate.h"

namespace neuralpower {
namespace {

// Columns of means up to 1e12 and deviations down to 1e-6, twenty decades of values in all.
struct Data {
  std::size_t rows, cols;
  std::vector<double> x, y, w;
  MatrixView terms() const { return {x.data(), rows, cols}; }
  MatrixView target() const { return {y.data(), rows, 1}; }
};

Data far_from_zero(std::size_t rows, std::size_t cols) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  Data data{rows, cols, {}, {}, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < cols; ++j) {
      const double mean = std::pow(10.0, static_cast<double>(j % 13));
      data.x.push_back(mean + normal(random) * std::pow(10.0, static_cast<double>(j % 5) - 3));
    }
    data.y.push_back(5 + normal(random));
    data.w.push_back(0.1 + static_cast<double>(r % 7));
  }
  return data;
}

// product(i, j) in quadruple precision.
double reference(const Data& data, bool weighted, std::size_t i, std::size_t j) {
  const auto w = [&](std::size_t r) -> Quad { return weighted ? data.w[r] : 1.0; };
  Quad total = 0, mean_i = 0, mean_j = 0, product = 0;
  for (std::size_t r = 0; r < data.rows; ++r) {
    total += w(r);
    mean_i += w(r) * data.terms().at(r, i);
    mean_j += w(r) * data.terms().at(r, j);
  }
  for (std::size_t r = 0; r < data.rows; ++r) {
    product +=
        w(r) * (data.terms().at(r, i) - mean_i / total) * (data.terms().at(r, j) - mean_j / total);
  }
  return static_cast<double>(product);
}

TEST(Moments, MatchQuadruplePrecisionFarFromZero) {
  const Data data = far_from_zero(1500, 29);
  for (const bool weighted : {false, true}) {
    const std::vector<double> weights = weighted ? data.w : std::vector<double>{};
    for (const std::size_t folds : {1, 7}) {
      std::vector<std::uint32_t> fold(data.rows);
      for (std::size_t r = 0; r < data.rows; ++r)
        fold[r] = static_cast<std::uint32_t>(r * r % folds);
      const Moments moments =
          accumulate_moments(data.terms(), data.target(), weights, fold, folds).total();
      EXPECT_EQ(moments.rows, data.rows);
      for (std::size_t i = 0; i < data.cols; ++i) {
        for (std::size_t j = 0; j <= i; j += 3) {
          const double scale = std::sqrt(moments.product(i, i) * moments.product(j, j));
          EXPECT_NEAR(moments.product(i, j), reference(data, weighted, i, j), 1e-14 * scale)
              << i << ' ' << j << ' ' << weighted << ' ' << folds;
        }
      }
    }
  }
}

// Integers, the values of most terms, are where plain sums drift in one direction.
TEST(Moments, DoNotLoseDigitsOverManyRows) {
  std::mt19937_64 random(4);
  Data data{150000, 3, {}, {}, {}};
  for (std::size_t r = 0; r < data.rows; ++r) {
    const double a = std::floor(std::exp2(9 * std::generate_canonical<double, 53>(random)));
    const double b = std::floor(std::exp2(8 * std::generate_canonical<double, 53>(random)));
    data.x.insert(data.x.end(), {a, a * b, a * a * b});
    data.y.push_back(b);
  }
  const Moments moments = accumulate_moments(data.terms(), data.target(), {}, {}, 1).total();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double scale = std::sqrt(moments.product(i, i) * moments.product(j, j));
      EXPECT_NEAR(moments.product(i, j), reference(data, false, i, j), 1e-15 * scale);
    }
  }
}

TEST(Moments, EqualColumnsHaveEqualMomentsToTheLastBit) {
  Data data = far_from_zero(700, 40);
  for (std::size_t r = 0; r < data.rows; ++r) data.x[r * 40 + 37] = data.x[r * 40 + 2];
  const Moments moments = accumulate_moments(data.terms(), data.target(), data.w, {}, 1).total();
  EXPECT_EQ(moments.product(37, 37), moments.product(2, 2));
  for (std::size_t j = 0; j < 41; ++j) EXPECT_EQ(moments.product(37, j), moments.product(2, j));
}

TEST(Moments, DoNotDependOnThreads) {
  const Data data = far_from_zero(3000, 21);
  std::vector<std::uint32_t> fold(data.rows);
  for (std::size_t r = 0; r < data.rows; ++r) fold[r] = static_cast<std::uint32_t>(r % 5);
  const FoldMoments one = accumulate_moments(data.terms(), data.target(), data.w, fold, 5, 1);
  const FoldMoments two = accumulate_moments(data.terms(), data.target(), data.w, fold, 5, 2);
  for (std::size_t f = 0; f < 5; ++f) {
    EXPECT_EQ(one.folds[f].mean, two.folds[f].mean);
    for (std::size_t i = 0; i < 22; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        EXPECT_EQ(one.folds[f].product(i, j), two.folds[f].product(i, j));
      }
    }
  }
}

TEST(Moments, DoNotDependOnHowRowsAreCutIntoBlocks) {
  const Data data = far_from_zero(2000, 21);
  std::vector<std::uint32_t> fold(data.rows);
  for (std::size_t r = 0; r < data.rows; ++r) fold[r] = static_cast<std::uint32_t>(r % 3);
  const Moments whole = accumulate_moments(data.terms(), data.target(), data.w, fold, 3).total();
  FoldMomentsBuilder builder(21, 1, 3);
  for (std::size_t start = 0, rows = 1; start < data.rows; start += rows, rows = 2 * rows + 1) {
    rows = std::min(rows, data.rows - start);
    builder.add({{data.terms().row(start), rows, 21},
                 {data.y.data() + start, rows, 1},
                 std::span(data.w).subspan(start, rows),
                 std::span(fold).subspan(start, rows)},
                1 + rows % 2);
  }
  const Moments streamed = builder.finish().total();
  EXPECT_EQ(whole.products, streamed.products);
  EXPECT_EQ(whole.mean, streamed.mean);
  EXPECT_EQ(whole.mean_tail, streamed.mean_tail);
}

TEST(Moments, BlocksCountTheirRowsFromTheFirst) {
  Data data = far_from_zero(40, 3);
  data.x[5] = std::nan("");
  FoldMomentsBuilder builder(3, 1, 1);
  const RowBlock block{data.terms(), data.target(), {}, {}};
  try {
    Data good = far_from_zero(100, 3);
    builder.add({good.terms(), good.target(), {}, {}});
    builder.add(block);
    builder.finish();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr("row 102, column 3:"));
  }
}

TEST(Moments, SelectTermsKeepsTheirMoments) {
  const Data data = far_from_zero(100, 9);
  const Moments all = accumulate_moments(data.terms(), data.target(), {}, {}, 1).total();
  const std::vector<std::size_t> kept = {7, 2};
  const Moments some = select_terms(all, kept);
  EXPECT_EQ(some.terms, 2u);
  EXPECT_EQ(some.product(0, 1), all.product(7, 2));
  EXPECT_EQ(some.product(2, 0), all.product(9, 7));
  EXPECT_EQ(some.mean[1], all.mean[2]);
}

std::string error_of(const Data& data, std::span<const double> weights = {},
                     std::span<const std::uint32_t> folds = {}) {
  try {
    accumulate_moments(data.terms(), data.target(), weights, folds, 2);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Moments, NameRowAndColumnOfBadValues) {
  for (const std::size_t row : {0, 17, 299, 511, 512, 599}) {
    for (const std::size_t column : {0, 8, 12}) {
      Data data = far_from_zero(600, 13);
      data.x[row * 13 + column] = std::numeric_limits<double>::quiet_NaN();
      const std::string place =
          "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1) + ":";
      EXPECT_THAT(error_of(data), testing::HasSubstr(place));
      data.x[row * 13 + column] = -std::numeric_limits<double>::infinity();
      EXPECT_THAT(error_of(data), testing::HasSubstr(place + " the value is not a finite"));
      data.x[row * 13 + column] = 1e200;
      EXPECT_THAT(error_of(data), testing::HasSubstr(place + " the value is too large"));
    }
  }
  Data data = far_from_zero(20, 3);
  data.y[4] = std::numeric_limits<double>::infinity();
  EXPECT_THAT(error_of(data), testing::HasSubstr("row 5, target 1:"));
}

TEST(Moments, RefuseSizesThatDisagree) {
  const Data data = far_from_zero(20, 3);
  const std::vector<double> weights(19, 1.0);
  EXPECT_THAT(error_of(data, weights), testing::HasSubstr("20 rows of terms, but 19 weights"));
  std::vector<double> negative(20, 1.0);
  negative[6] = -1;
  EXPECT_THAT(error_of(data, negative), testing::HasSubstr("row 7: the weight is negative"));
  std::vector<std::uint32_t> folds(20, 0);
  folds[9] = 2;
  EXPECT_THAT(error_of(data, {}, folds), testing::HasSubstr("row 10: fold 3 of 2"));
  EXPECT_THROW(accumulate_moments({nullptr, 0, 3}, {nullptr, 0, 1}, {}, {}, 1), Error);
}

}  // namespace
}  // namespace neuralpower
