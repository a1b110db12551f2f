// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/standardise.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/regression/dense_kernels.h"
#include "neuralpower/regression/duplicate_columns.h"

namespace neuralpower {
namespace {

void fill(StandardisedProblem& problem, const Moments& moments, std::size_t target, bool intercept,
          bool unit_diagonal) {
  const std::size_t size = problem.size();
  problem.stride = std::max(round_up(size, kLane), kLane);
  problem.gram.assign(std::max<std::size_t>(size, 1) * problem.stride, 0.0);
  problem.xty.assign(problem.stride, 0.0);
  const double per_weight = 1 / moments.weight;
  std::vector<double> scale(size);
  for (std::size_t i = 0; i < size; ++i) scale[i] = 1 / problem.deviation[i];
  const std::size_t y = moments.terms + target;
  const auto centre = [&](std::size_t i, std::size_t j) {
    return intercept ? 0.0 : moments.mean[i] * moments.mean[j];
  };
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from = problem.term[i];
    const double* row = moments.products.data() + from * moments.stride;
    double* out = problem.gram.data() + i * problem.stride;
    const double factor = per_weight * scale[i];
    for (std::size_t j = 0; j <= i; ++j) out[j] = row[problem.term[j]] * factor * scale[j];
    if (!intercept) {
      for (std::size_t j = 0; j <= i; ++j) {
        out[j] += centre(from, problem.term[j]) * scale[i] * scale[j];
      }
    }
    if (unit_diagonal) out[i] = 1;
    for (std::size_t j = 0; j < i; ++j) problem.gram[j * problem.stride + i] = out[j];
    problem.xty[i] = moments.product(from, y) * factor + centre(from, y) * scale[i];
  }
  problem.target_square = moments.product(y, y) * per_weight + centre(y, y);
  if (intercept && unit_diagonal && moments.is_constant(y)) {
    problem.target_square = 0;
    std::fill(problem.xty.begin(), problem.xty.end(), 0.0);
  }
}

}  // namespace

StandardisedProblem standardise_all(const Moments& moments, std::size_t target, bool intercept) {
  StandardisedProblem all;
  for (std::size_t i = 0; i < moments.terms; ++i) {
    if (intercept && moments.is_constant(i)) continue;
    const double centre = intercept ? 0.0 : moments.mean[i] * moments.mean[i];
    const double square = moments.variance(i) + centre;
    if (!(square > 0)) continue;
    all.term.push_back(i);
    all.deviation.push_back(std::sqrt(square));
  }
  fill(all, moments, target, intercept, true);
  return all;
}

StandardisedProblem standardise(const Moments& moments, std::size_t target, bool intercept,
                                std::span<const double> preference, Copies copies) {
  StandardisedProblem all = standardise_all(moments, target, intercept);
  std::vector<double> preferred(all.size(), 0.0);
  if (!preference.empty()) {
    for (std::size_t i = 0; i < all.size(); ++i) preferred[i] = preference[all.term[i]];
  }
  std::vector<std::size_t> stands_for;
  if (copies != Copies::kKeepAll) {
    stands_for = find_copies(all, preferred, copies == Copies::kDrop);
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_copy = !stands_for.empty() && stands_for[i] != i;
    if (!is_copy && !std::isinf(preferred[i])) kept.push_back(i);
  }
  if (kept.size() == all.size()) return all;

  StandardisedProblem problem;
  problem.target_square = all.target_square;
  problem.stride = std::max(round_up(kept.size(), kLane), kLane);
  problem.gram.assign(kept.size() * problem.stride, 0.0);
  problem.xty.assign(problem.stride, 0.0);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    problem.term.push_back(all.term[kept[i]]);
    problem.deviation.push_back(all.deviation[kept[i]]);
    problem.xty[i] = all.xty[kept[i]];
    const double* row = all.gram.data() + kept[i] * all.stride;
    double* out = problem.gram.data() + i * problem.stride;
    for (std::size_t j = 0; j < kept.size(); ++j) out[j] = row[kept[j]];
  }
  return problem;
}

StandardisedProblem on_scale_of(const StandardisedProblem& problem, const Moments& moments,
                                std::size_t target, bool intercept) {
  StandardisedProblem scaled;
  scaled.term = problem.term;
  scaled.deviation = problem.deviation;
  fill(scaled, moments, target, intercept, false);
  return scaled;
}

}  // namespace neuralpower
