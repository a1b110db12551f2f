// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/error_metrics.h"

#include <cmath>
#include <limits>
#include <string>

#include "neuralpower/base/error.h"

namespace neuralpower {

ErrorMetrics error_metrics(std::span<const double> truth, std::span<const double> predicted) {
  if (truth.size() != predicted.size()) {
    throw bad_input(std::to_string(predicted.size()) + " predictions for " +
                    std::to_string(truth.size()) + " true values");
  }
  if (truth.empty()) throw bad_input("errors of no rows are not defined");
  const double n = static_cast<double>(truth.size());
  double mean = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (!std::isfinite(truth[i]) || !std::isfinite(predicted[i])) {
      throw bad_input("row " + std::to_string(i + 1) + ": " +
                      (std::isfinite(truth[i]) ? "the prediction" : "the true value") +
                      " is not a finite number");
    }
    mean += truth[i] / n;
  }
  double square = 0, spread = 0, relative_square = 0, relative = 0, within = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double error = std::abs(predicted[i] - truth[i]);
    const double size = std::abs(truth[i]);
    const double ratio = error == 0  ? 0
                         : size == 0 ? std::numeric_limits<double>::infinity()
                                     : error / size;
    square += error * error;
    spread += (truth[i] - mean) * (truth[i] - mean);
    relative_square += ratio * ratio;
    relative += ratio;
    within += error <= 0.1 * size ? 1 : 0;
  }
  ErrorMetrics metrics;
  metrics.rows = truth.size();
  metrics.rmse = std::sqrt(square / n);
  metrics.rmspe = 100 * std::sqrt(relative_square / n);
  metrics.mape = 100 * relative / n;
  metrics.within10 = 100 * within / n;
  metrics.r2 = square == 0 ? 1 : 1 - square / spread;
  return metrics;
}

}  // namespace neuralpower
