// SPDX-License-Identifier: Apache-2.0
// How far predictions p are from true values t, over n rows. Percentages are in per cent.
//
//   rmse     = sqrt(mean((p - t)^2))                     in the target's unit
//   rmspe    = 100 sqrt(mean(((p - t) / t)^2))
//   mape     = 100 mean(|p - t| / |t|)
//   within10 = 100 x share of rows with |p - t| <= 0.1 |t|
//   r2       = 1 - sum (p - t)^2 / sum (t - mean t)^2    1 if both sums are zero
//
// A true value of zero makes rmspe and mape infinite unless it is met exactly.
#pragma once

#include <cstddef>
#include <span>

namespace neuralpower {

struct ErrorMetrics {
  std::size_t rows = 0;
  double rmse = 0, rmspe = 0, mape = 0, within10 = 0, r2 = 0;
};

// Throws (bad input) if the sizes differ, there are no rows or a value is not finite.
ErrorMetrics error_metrics(std::span<const double> truth, std::span<const double> predicted);

}  // namespace neuralpower
