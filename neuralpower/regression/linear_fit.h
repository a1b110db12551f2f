// SPDX-License-Identifier: Apache-2.0
// One linear model from second moments: weighted least squares, ridge, or non-negative least
// squares, for models small enough that every term stays. It minimises
//
//   sum w (y - a - x'b)^2 / (2 sum w) + ridge / 2 sum sd_i^2 b_i^2,    b >= 0 if asked for,
//
// sd_i being the terms' standard deviations, or root mean squares if there is no intercept.
// Constant terms and terms that depend linearly on others get zero. Weights 1/y^2 make it a fit of
// relative errors.
#pragma once

#include <vector>

#include "neuralpower/regression/moments.h"

namespace neuralpower {

struct LinearFitOptions {
  double ridge = 0;
  bool non_negative = false;
  bool intercept = true;  // never bound by non_negative
};

struct LinearFit {
  std::vector<double> coefficients;  // a term, original scale
  double intercept = 0;
  double mean_square = 0;  // sum w (y - a - x'b)^2 / sum w
};

// Throws (bad input) on a ridge that is negative or not finite and on moments without weight.
LinearFit fit_linear(const Moments& moments, const LinearFitOptions& options = {},
                     std::size_t target = 0);

}  // namespace neuralpower
