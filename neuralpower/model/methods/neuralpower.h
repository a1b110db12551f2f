// SPDX-License-Identifier: Apache-2.0
// neuralpower, the default method: a sum of physical terms with non-negative coefficients, times
// the exponential of a sparse correction made of steps and ramps. docs/method.md has the reasons
// and the measurements behind each choice.
//
//   runtime = sum_i c_i cost_i(x) * exp(f(x)),   c_i >= 0
//   power   = exp(g(x, rates)),                  kept within the powers measured
//
// The costs are fitted to relative errors; f and g are boosted products of gates
// (regression/boosted_gates.h), held between the smallest and largest correction of the training
// rows, so that outside them the physical sum extrapolates. Runtime is never below what the fastest
// rates measured allow. Five inner folds choose between the sums alone and with a correction, its
// rate, its number of products and the share of it that is taken, or instead of their number the
// penalty of a Lasso over all of them (regression/relative_lasso.h); a more complex candidate must
// win by a standard error. Where small runtimes prove less sure than large ones
// (regression/relative_noise.h), the winner is fitted again with weights after that.
#pragma once

#include <cstdint>
#include <vector>

#include "neuralpower/model/methods/method.h"
#include "neuralpower/regression/boosted_gates.h"
#include "neuralpower/regression/relative_lasso.h"

namespace neuralpower {

struct NeuralPowerOptions {
  BoostOptions boost;                      // `rate` is taken from `rates`
  int rows_per_round = 10;                 // where rows are many, so many carry a further round,
  int most_rounds = 700;                   // up to these
  bool refits = true;                      // false: products as boosting left them
  RelativeLassoOptions lasso;              // of the refits
  bool noise_weights = true;               // false: small runtimes count like large ones
  std::vector<double> rates = {0.3, 0.5};  // shares of a step to choose from
  std::vector<double> shares = {1, 0.75, 0.5};  // of the correction, with few rows; 1 first
  bool costs = true;                            // false: no physical sum, the correction alone
  bool power_sum = true;                        // false: no sum of rates under power
  bool keep_idle_gates = false;                 // of costs: gates that all rows pass
  bool full_costs = true;                       // false: only the small sum
  bool corrections = true;                      // false: only the physical sum
  int least_rows = 40;                          // with fewer: the small sum alone, constant power
  int few_rows = 20;                            // with fewer: the first terms of the small sum
  int few_terms = 5;                            // so many of them, and the base if there is one
  int rows_per_cost = 4;  // with fewer rows for each cost that may be in it: no full sum
  int inner_folds = 5;
  double cost_ridge = 1e-6;    // of the relative least squares
  double loss_cap = 1;         // most that one row's squared relative error counts in a choice
  int sure_rows = 800;         // with fewer it counts more, up to sure_rows / rows; see `shares`
  double win_margin = 1;       // standard errors by which a more complex candidate must win
  double least_gain = 1e-6;    // of a squared relative error: a tenth of a per cent, squared
  double floor_margin = 1.25;  // the roofline over the fastest rates measured
  double least_runtime = 0.1;  // of the smallest measured: the lowest prediction
};

FitResult fit_neuralpower(const FitInput& input, const NeuralPowerOptions& options);

}  // namespace neuralpower
