// SPDX-License-Identifier: Apache-2.0
// For tests: how far coefficients are from the optimum, judged from the rows alone in quadruple
// precision, without moments and without a solver. The optimality conditions of a convex problem
// are sufficient, so a certificate is worth as much as a reference solution.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "neuralpower/regression/lasso_path.h"
#include "neuralpower/regression/matrix_view.h"

namespace neuralpower {

__extension__ typedef __float128 Quad;

inline Quad quad_abs(Quad x) { return x < 0 ? -x : x; }

inline Quad quad_sqrt(Quad x) {
  if (x <= 0) return 0;
  Quad root = __builtin_sqrtl(static_cast<long double>(x));
  for (int i = 0; i < 3; ++i) root = (root + x / root) / 2;
  return root;
}

struct Certificate {
  double objective = 0;
  double kkt = 0;         // largest violation of the optimality conditions over lambda_max
  double gap = 0;         // duality gap over the objective; meaningful if every term is penalised
  double lambda_max = 0;  // from the rows, for problems whose terms are all penalised
};

inline Certificate certify(const MatrixView& x, std::span<const double> y,
                           std::span<const double> weights, std::span<const double> coefficients,
                           double lambda, const PathOptions& options = {}) {
  const auto w = [&](std::size_t r) -> Quad { return weights.empty() ? 1.0 : weights[r]; };
  const std::size_t n = x.rows, p = x.cols;
  Quad total = 0, y_mean = 0;
  for (std::size_t r = 0; r < n; ++r) {
    total += w(r);
    y_mean += w(r) * y[r];
  }
  y_mean = options.intercept ? y_mean / total : 0;
  std::vector<Quad> mean(p, 0), deviation(p, 0), residual(n);
  for (std::size_t j = 0; j < p; ++j) {
    if (options.intercept) {
      for (std::size_t r = 0; r < n; ++r) mean[j] += w(r) * x.at(r, j) / total;
    }
    for (std::size_t r = 0; r < n; ++r) {
      const Quad d = x.at(r, j) - mean[j];
      deviation[j] += w(r) * d * d / total;
    }
    deviation[j] = quad_sqrt(deviation[j]);
    // A column of equal values has the rounding of its mean for a deviation.
    if (deviation[j] < 1e-28 * quad_abs(mean[j])) deviation[j] = 0;
  }
  // The intercept is free, so its best value is taken, not the one given.
  Quad rss = 0, y_square = 0;
  for (std::size_t r = 0; r < n; ++r) {
    residual[r] = y[r] - y_mean;
    y_square += w(r) * residual[r] * residual[r] / total;
    for (std::size_t j = 0; j < p; ++j) {
      if (coefficients[j] != 0) residual[r] -= (x.at(r, j) - mean[j]) * coefficients[j];
    }
    rss += w(r) * residual[r] * residual[r] / total;
  }
  const Quad l1 = static_cast<Quad>(lambda) * options.l1_ratio;
  const Quad l2 = static_cast<Quad>(lambda) - l1;
  Quad objective = rss / 2, worst = 0, lambda_max = 0, fitted = 0, penalty = 0, scale = 1;
  Quad ridge = 0;
  for (std::size_t j = 0; j < p; ++j) {
    if (deviation[j] == 0) continue;
    const Quad factor = options.penalty_factors.empty() ? 1 : options.penalty_factors[j];
    const Quad b = coefficients[j] * deviation[j];
    Quad gradient = 0, start = 0;
    for (std::size_t r = 0; r < n; ++r) {
      const Quad z = (x.at(r, j) - mean[j]) / deviation[j];
      gradient += w(r) * z * residual[r] / total;
      start += w(r) * z * (y[r] - y_mean) / total;
    }
    gradient -= l2 * factor * b;
    lambda_max = std::max(lambda_max, options.non_negative ? start : quad_abs(start));
    const Quad pull = options.non_negative ? gradient : quad_abs(gradient);
    const Quad sign = b < 0 ? -1 : 1;
    if (b != 0) {
      worst = std::max(worst, quad_abs(gradient - l1 * factor * sign));
    } else {
      worst = std::max(worst, pull - l1 * factor);
    }
    if (options.non_negative && b < 0) worst = std::max(worst, -b);
    if (pull > l1 * factor && pull > 0) scale = std::min(scale, l1 * factor / pull);
    penalty += l1 * factor * quad_abs(b);
    ridge += l2 * factor * b * b;
    fitted += b * gradient;
  }
  objective += penalty + ridge / 2;
  const Quad augmented = rss + ridge;
  const Quad gap = penalty - scale * fitted + augmented * (1 - scale) * (1 - scale) / 2;
  Certificate certificate;
  certificate.objective = static_cast<double>(objective);
  certificate.lambda_max = static_cast<double>(lambda_max);
  certificate.kkt = static_cast<double>(lambda_max > 0 ? worst / lambda_max : worst);
  certificate.gap = static_cast<double>(objective > 0 ? gap / objective : gap);
  return certificate;
}

}  // namespace neuralpower
