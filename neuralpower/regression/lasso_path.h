// SPDX-License-Identifier: Apache-2.0
// The exact path of Lasso and elastic-net solutions from second moments.
//
// Over coefficients b and intercept a, for weights w and standardised terms (sd_i with divisor
// sum w), each point of the path minimises
//
//   sum w (y - a - x'b)^2 / (2 sum w)
//       + lambda sum f_i [ l1_ratio sd_i |b_i| + (1 - l1_ratio) / 2 sd_i^2 b_i^2 ],
//
// optionally over b >= 0. Coefficients are returned on the original scale. Penalties descend from
// the smallest that leaves all penalised terms out, evenly in the logarithm. The intercept is free.
// Of several copies of a term one carries all weight: the one of the smallest penalty factor, the
// first of equals (a ridge part shares it among them); constant terms get zero.
//
// Guarantee: at every point the optimality conditions hold to `tolerance` x lambda plus the
// rounding of the gradient (about 1e-15 x sum |b_i| sd_i); `kkt` and `gap` report what was reached.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "neuralpower/regression/moments.h"

namespace neuralpower {

struct PathOptions {
  std::size_t count = 100;      // penalties
  double ratio = 0;             // last / first penalty; 0: 1e-4 if rows > terms, else 1e-2
  std::vector<double> lambdas;  // descending; if given, `count` and `ratio` do not matter
  double l1_ratio = 1;          // 1 Lasso, 0 ridge (the first penalty is then that of 0.001)
  bool intercept = true;
  bool non_negative = false;
  std::vector<double> penalty_factors;  // a term, >= 0; empty: all 1; infinite: never used
  double tolerance = 1e-11;             // of the optimality conditions, relative to lambda
  std::size_t max_nonzeros = std::numeric_limits<std::size_t>::max();  // the path ends before more
  std::size_t max_steps = 0;  // changes of the support a penalty; 0: 1000 + 20 x terms
};

struct LassoPath {
  std::size_t terms = 0;
  std::vector<double> lambda;
  std::vector<double> coefficients;   // lambda.size() x terms, original scale
  std::vector<double> intercept;      // a penalty
  std::vector<double> mean_square;    // sum w (y - a - x'b)^2 / sum w
  std::vector<double> objective;      // as above
  std::vector<std::size_t> nonzeros;  // coefficients that are not zero
  std::vector<double> kkt;  // largest violation of the optimality conditions over lambda_max
  std::vector<double> gap;  // bound on the objective's excess, relative to the objective
  std::size_t steps = 0;    // changes of the support in all
  bool converged = true;    // false if max_steps did not suffice somewhere; kkt tells by how much

  std::size_t size() const { return lambda.size(); }
  std::span<const double> coefficients_at(std::size_t k) const {
    return {coefficients.data() + k * terms, terms};
  }
};

// Throws (bad input) on options that make no sense and on moments without weight.
LassoPath fit_lasso_path(const Moments& moments, const PathOptions& options = {},
                         std::size_t target = 0);

// The penalties a path over `moments` would have.
std::vector<double> penalty_grid(const Moments& moments, const PathOptions& options,
                                 std::size_t target = 0);

// Mean squared error of a linear model on other rows, from their moments.
double mean_squared_error(const Moments& moments, std::span<const double> coefficients,
                          double intercept, std::size_t target = 0);

// intercept + row'coefficients for every row.
std::vector<double> predict_rows(const MatrixView& terms, std::span<const double> coefficients,
                                 double intercept);

}  // namespace neuralpower
