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

void check_path_options(const PathOptions& options, const Moments& moments, std::size_t target);

class PathFit {
 public:
  // `moments` and `options` must outlive the fit; the options have been checked.
  PathFit(const Moments& moments, const PathOptions& options, std::size_t target);

  // The smallest penalty that leaves all penalised terms out. To be called first.
  double largest_penalty();
  std::vector<double> grid();

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
