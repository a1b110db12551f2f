// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/relative_noise.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

constexpr double kStep = 1.25;  // between the scales that are tried
constexpr double kLeast = 0.1;  // of the smallest predicted value: no row would feel less

// Twice the negative logarithm of the likelihood, without what does not depend on the scale; s is
// the best one for it.
double surprise(std::span<const double> predicted, std::span<const double> squares, double scale) {
  double logs = 0, sum = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double ratio = scale / predicted[i];
    logs += std::log1p(ratio * ratio);
    sum += squares[i] / (1 + ratio * ratio);
  }
  const auto n = static_cast<double>(predicted.size());
  return logs + n * std::log(std::max(sum / n, 1e-300));
}

}  // namespace

double relative_noise_scale(std::span<const double> predicted, std::span<const double> measured) {
  if (predicted.empty() || predicted.size() != measured.size())
    throw bad_input("noise of no rows, or of unlike numbers of them");
  std::vector<double> squares, sorted(predicted.begin(), predicted.end());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    if (!(predicted[i] > 0) || !(measured[i] > 0) || !std::isfinite(predicted[i]))
      throw bad_input("noise of values that are not positive");
    const double error = predicted[i] / measured[i] - 1;
    squares.push_back(std::min(error * error, 1.0));
  }
  std::sort(sorted.begin(), sorted.end());
  double best = 0, least = surprise(predicted, squares, 0);
  for (double scale = kLeast * sorted.front(); scale <= sorted[sorted.size() / 2]; scale *= kStep)
    if (const double found = surprise(predicted, squares, scale); found < least) {
      least = found;
      best = scale;
    }
  return best;
}

std::vector<double> noise_weights(std::span<const double> predicted, double scale) {
  std::vector<double> weights;
  for (const double value : predicted)
    weights.push_back(1 / (1 + (scale / value) * (scale / value)));
  return weights;
}

}  // namespace neuralpower
