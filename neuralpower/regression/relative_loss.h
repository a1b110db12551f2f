// SPDX-License-Identifier: Apache-2.0
// A loss for predictions exp(f) of measured exp(r): (e - 1)^2 / 2 with e = exp(f - r), half of the
// squared relative error. Its minimisers take Newton steps, as if of weight (residual - step)^2 / 2
// with weight = max(0.05, e^2) and residual = (1 - e) / max(e, 0.25), e being held below 2 lest one
// bad row rule, and with a least weight, lest a row that is far too low be given up.
#pragma once

#include <algorithm>
#include <cmath>

namespace neuralpower {

struct NewtonStep {
  double weight = 1;
  double residual = 0;
};

// `excess` is f - r.
inline NewtonStep relative_newton_step(double excess) {
  const double e = std::min(std::exp(excess), 2.0);
  return {std::max(0.05, e * e), (1 - e) / std::max(e, 0.25)};
}

// Of the squared error of f itself.
inline NewtonStep squared_newton_step(double excess) { return {1, -excess}; }

}  // namespace neuralpower
