// SPDX-License-Identifier: Apache-2.0
// Second moments of weighted rows: all that least squares and the Lasso need to know of the data.
//
// Columns are the terms followed by the targets. For rows x_r of weight w_r,
//   weight = sum w_r,  mean = sum w_r x_r / weight,
//   product(i, j) = sum w_r (x_ri - mean_i) (x_rj - mean_j).
// Rows arrive in blocks of kBlockRows; a block is centred about its own mean, so nothing large is
// ever subtracted from something large, and two parts merge by the rule of Chan, Golub and LeVeque
// (1979): product = product_a + product_b + (weight_a weight_b / weight) d d', d = mean_b - mean_a.
// Training moments of a fold are merged from the other folds, never subtracted from the total.
// kPartBlocks blocks make a part; parts are added with compensation (Knuth's exact sum), so the
// error of a moment, a few units in the last place of sqrt(product_ii product_jj), does not grow
// with the number of rows. A mean is kept as the unevaluated sum of two doubles, so a column of
// mean 1e11 and deviation 1 loses no digit of d.
//
// The result depends on the order of the rows and on nothing else, the number of threads included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/aligned_vector.h"
#include "neuralpower/regression/matrix_view.h"

namespace neuralpower {

struct Moments {
  Moments() = default;
  Moments(std::size_t term_count, std::size_t target_count);

  std::size_t terms = 0;
  std::size_t targets = 0;
  std::size_t rows = 0;  // of positive weight
  double weight = 0;
  std::vector<double> mean;       // of every column, rounded
  std::vector<double> mean_tail;  // what rounding took from it
  std::size_t stride = 0;
  AlignedVector products;  // lower triangle, row i at products[i * stride]

  std::size_t columns() const { return terms + targets; }
  double product(std::size_t i, std::size_t j) const {
    return i < j ? products[j * stride + i] : products[i * stride + j];
  }
  double variance(std::size_t i) const { return product(i, i) / weight; }

  // True where a column's spread is no more than the rounding of its values: variance <= (8 eps
  // |mean|)^2, which a column of equal values always meets.
  bool is_constant(std::size_t i) const;

  // mean_i of other - mean_i of this, to full precision.
  double mean_difference(std::size_t i, const Moments& other) const;

  // Adds the rows of `other`, which has the same columns.
  void merge(const Moments& other);
};

// The moments of some of the terms, in the order given; all targets stay.
Moments select_terms(const Moments& moments, std::span<const std::size_t> kept);

// Collects rows one by one. Row numbers serve error messages only and count from 1 there.
class MomentsBuilder {
 public:
  static constexpr std::size_t kBlockRows = 128;
  static constexpr std::size_t kPartBlocks = 16;

  MomentsBuilder(std::size_t terms, std::size_t targets);

  // Throws (bad input, naming row and column) on a weight that is negative or not finite; a value
  // that is not finite is found no later than in finish(). Rows of weight zero are passed over.
  void add(const double* terms, const double* targets, double weight, std::size_t row);

  // The moments of all rows. The builder is spent.
  Moments finish();

 private:
  void flush();
  void settle();
  [[noreturn]] void report_bad_value() const;

  Moments moments_;         // of the present part
  Moments settled_;         // of the parts before it; without terms if there are none
  AlignedVector lost_;      // what rounding took from settled_.products
  std::size_t blocks_ = 0;  // of the present part
  std::size_t panel_count_, panel_stride_;
  std::size_t filled_ = 0;
  AlignedVector panels_;         // the block, packed for the kernel
  AlignedVector up_, down_;      // the rank-one parts of a merge
  AlignedVector sum_;            // weighted column sums of the block
  std::vector<double> weights_;  // of the block's rows
  std::vector<std::size_t> row_number_;
};

// What the rows of each fold contribute.
struct FoldMoments {
  std::vector<Moments> folds;

  Moments total() const { return training(folds.size()); }

  // All folds but `held_out`, merged in their order.
  Moments training(std::size_t held_out) const;
};

// As select_terms for each fold.
FoldMoments select_terms(const FoldMoments& folds, std::span<const std::size_t> kept);

// The error for a term's value that is not finite or too large, both indices from 0.
Error bad_value(std::size_t row, std::size_t term, double value);

// Some rows, lent by whoever has them. `folds` holds fold indices from 0 (empty: fold 0), `weights`
// may be empty for ones.
struct RowBlock {
  MatrixView terms, targets;
  std::span<const double> weights;
  std::span<const std::uint32_t> folds;
};

// Moments of each fold from rows that come block by block: from a file, a store, a generator, the
// terms expanded on the fly. Memory is some (terms + targets) x (128 + terms + targets) doubles a
// fold, whatever the number of rows; how rows are cut into blocks does not change the result.
class FoldMomentsBuilder {
 public:
  FoldMomentsBuilder(std::size_t terms, std::size_t targets, std::size_t fold_count);

  // Throws (bad input) on sizes that disagree, a fold index out of range and values that are not
  // finite; row numbers in messages count all rows added, from 1. After an error the builder is
  // void.
  void add(const RowBlock& block, unsigned threads = 1);

  // Throws if there were no rows at all. The builder is spent.
  FoldMoments finish();

 private:
  std::size_t terms_, targets_, rows_ = 0;
  std::vector<MomentsBuilder> builders_;
};

// The same for rows in memory.
FoldMoments accumulate_moments(const MatrixView& terms, const MatrixView& targets,
                               std::span<const double> weights,
                               std::span<const std::uint32_t> fold_of_row, std::size_t fold_count,
                               unsigned threads = 1);

}  // namespace neuralpower
