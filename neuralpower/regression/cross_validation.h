// SPDX-License-Identifier: Apache-2.0
// Choosing the penalty: the path on all rows, and its error on rows held out.
//
// The penalties come from all rows and serve every fold. A fold's training moments are merged from
// the other folds' moments and standardised anew; the error of each penalty on the held-out rows
// comes from their moments. Nothing but the moments is looked at, so the cost beyond one pass over
// the rows does not depend on their number. Results are the same bits for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neuralpower/regression/lasso_path.h"
#include "neuralpower/regression/moments.h"

namespace neuralpower {

struct CrossValidation {
  LassoPath path;                     // on all rows
  std::vector<LassoPath> fold_paths;  // without each fold, at the same penalties

  // A penalty: the mean of the folds' mean squared errors, weighted by the folds' weights, and its
  // standard error sqrt(weighted mean of (mse_f - mean)^2 / (folds - 1)).
  std::vector<double> cv_mse, cv_mse_error;
  std::vector<double> fold_mse;  // folds x penalties
  std::size_t folds = 0;

  // Indices into path.lambda, from 0: the least error, the larger penalty of equals; and the
  // largest penalty whose error is within one standard error of it.
  std::size_t lambda_min = 0, lambda_1se = 0;

  // A penalty: the largest of path.kkt and the folds' (violation of the optimality conditions over
  // lambda_max of all rows), and of their gap (bound on the objective's relative excess).
  std::vector<double> kkt, gap;
  bool converged = true;  // all paths
};

// Throws (bad input) if there are fewer than two folds or a fold, or its training rows, are empty.
CrossValidation cross_validate(const FoldMoments& folds, const PathOptions& options = {},
                               std::size_t target = 0, unsigned threads = 1);

// The same from rows in memory, of any number of terms. Where there are many, and more than rows, a
// path has nonzero coefficients for few of them, so moments are taken of a working set only. The
// optimality conditions are checked for all terms, at every penalty and fold, from the rows; terms
// that violate them join the working set until none does.
CrossValidation cross_validate_rows(const RowBlock& rows, std::size_t fold_count,
                                    const PathOptions& options = {}, std::size_t target = 0,
                                    unsigned threads = 1);

// Errors that moments cannot give, one penalty's model refitted without each fold.
struct HeldOutErrors {
  std::vector<double> predicted;    // a row, by the model that did not see it
  std::vector<double> rmse, rmspe;  // a fold; per cent as in error_metrics.h
};

// The held-out predictions at one penalty, for rows in memory (`fold_of_row` as in
// accumulate_moments, whose result `folds` is). Rows of weight zero are predicted but not counted.
HeldOutErrors held_out_errors(const FoldMoments& folds, const MatrixView& terms,
                              const MatrixView& targets, std::span<const double> weights,
                              std::span<const std::uint32_t> fold_of_row, double lambda,
                              const PathOptions& options = {}, std::size_t target = 0,
                              unsigned threads = 1);

}  // namespace neuralpower
