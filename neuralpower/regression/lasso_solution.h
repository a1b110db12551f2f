// SPDX-License-Identifier: Apache-2.0
// One path in the making: the standardised problem, the solver on it and the way back to the
// original scale. Shared by fit_lasso_path and cross_validate.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "neuralpower/regression/active_set.h"
#include "neuralpower/regression/lasso_path.h"
#include "neuralpower/regression/standardise.h"

namespace neuralpower {

struct CrossValidation;

// For `terms` terms and a target of `moments`. Throws (bad input).
void check_path_options(const PathOptions& options, std::size_t terms, const Moments& moments,
                        std::size_t target);

// Throws (bad input) if there are fewer than two folds or one is empty.
void check_folds(const FoldMoments& folds);

// Fills what follows from the paths and fold_mse: means over the folds (whose weights are those of
// `folds`), the least error and the one-standard-error choice, kkt, gap and converged.
void summarise_folds(CrossValidation& cv, const FoldMoments& folds);

class PathFit {
 public:
  // `moments` and `options` must outlive the fit; the options have been checked.
  PathFit(const Moments& moments, const PathOptions& options, std::size_t target);

  // The smallest penalty that leaves all penalised terms out. To be called before any solve().
  double largest_penalty();

  // The penalties the options ask for, given the largest.
  std::vector<double> grid(double largest) const;

  // The whole path from the present solution on; `largest` is what kkt is relative to. With
  // `held_out_errors`, which hold_out() must precede, max_nonzeros does not end it.
  LassoPath follow(std::span<const double> lambdas, double largest,
                   std::vector<double>* held_out_errors = nullptr);

  bool solve(double lambda);

  double objective() const { return objective_; }
  double mean_square() const { return mean_square_; }
  std::size_t nonzeros() const;
  double violation() const { return solver_.violation(); }
  double relative_gap() const;
  std::size_t steps() const { return solver_.steps(); }

  // On the original scale; `coefficients` has a place for every term.
  double write_coefficients(std::span<double> coefficients) const;

  // Prepares other rows of the same columns for held_out_error().
  void hold_out(const Moments& held_out);
  // Their mean squared error under the present solution.
  double held_out_error();

 private:
  const Moments& moments_;
  const PathOptions& options_;
  std::size_t target_;
  StandardisedProblem problem_;
  ActiveSetSolver solver_;
  double objective_ = 0, mean_square_ = 0;

  StandardisedProblem held_out_;
  std::vector<double> shift_;  // standardised means of the held-out rows, relative to these rows'
  double target_shift_ = 0;
  AlignedVector packed_, residual_;
};

}  // namespace neuralpower
