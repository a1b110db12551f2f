// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/active_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "neuralpower/regression/dense_kernels.h"

namespace neuralpower {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// Below this squared distance from the span of the support a column counts as dependent on it.
constexpr double kDependent = 1e-14;

}  // namespace

ActiveSetSolver::ActiveSetSolver(const StandardisedProblem& problem, std::vector<double> factors,
                                 bool non_negative)
    : problem_(problem),
      factors_(std::move(factors)),
      non_negative_(non_negative),
      in_support_(problem.size(), 0),
      refused_(problem.size(), 0),
      coefficients_(problem.stride, 0.0),
      gradient_(problem.xty),
      diagonal_(problem.stride, 0.0),
      inverse_diagonal_(problem.stride, 0.0),
      goal_(problem.stride, 0.0),
      entering_(problem.stride, 0.0),
      rotated_(problem.stride, 0.0),
      packed_(problem.stride, 0.0) {
  compute_gradient();
}

// The right-hand side of the support's system, c - l1 f sign.
double ActiveSetSolver::target(std::size_t position) const {
  const std::uint32_t column = support_[position];
  return problem_.xty[column] - l1_ * factors_[column] * sign_[position];
}

void ActiveSetSolver::compute_gradient() {
  const std::size_t k = support_.size();
  double norm = 0;
  for (std::size_t i = 0; i < k; ++i) {
    packed_[i] = coefficients_[support_[i]];
    norm += std::abs(packed_[i]);
  }
  dense_kernels().subtract_rows(problem_.xty.data(), problem_.gram.data(), problem_.stride,
                                problem_.size(), support_.data(), packed_.data(), k,
                                gradient_.data());
  if (l2_ != 0) {
    for (std::size_t i = 0; i < k; ++i) {
      gradient_[support_[i]] -= l2_ * factors_[support_[i]] * packed_[i];
    }
  }
  rounding_ = 4 * kEpsilon * (norm + std::sqrt(problem_.target_square));
}

void ActiveSetSolver::solve_on_support(AlignedVector& x) const {
  const std::size_t k = support_.size();
  std::fill(x.begin() + static_cast<std::ptrdiff_t>(k),
            x.begin() + static_cast<std::ptrdiff_t>(round_up(k, kLane)), 0.0);
  const DenseKernels& kernels = dense_kernels();
  kernels.solve_lower(factor_.data(), problem_.stride, inverse_diagonal_.data(), k, x.data());
  kernels.solve_lower_transposed(factor_.data(), problem_.stride, inverse_diagonal_.data(), k,
                                 x.data());
}

double ActiveSetSolver::project(std::uint32_t column) {
  const std::size_t k = support_.size();
  const double* row = problem_.gram.data() + column * problem_.stride;
  for (std::size_t i = 0; i < k; ++i) entering_[i] = row[support_[i]];
  std::fill(entering_.begin() + static_cast<std::ptrdiff_t>(k), entering_.end(), 0.0);
  dense_kernels().solve_lower(factor_.data(), problem_.stride, inverse_diagonal_.data(), k,
                              entering_.data());
  double distance = row[column] + l2_ * factors_[column];
  for (std::size_t i = 0; i < k; ++i) distance -= entering_[i] * entering_[i];
  return distance;
}

void ActiveSetSolver::append(std::uint32_t column) {
  const std::size_t k = support_.size();
  const double distance = std::max(project(column), kDependent);
  // Grown as needed: most supports stay far smaller than the problem.
  if (factor_.size() < (k + 1) * problem_.stride) {
    factor_.resize(std::min(2 * k + 32, problem_.size()) * problem_.stride, 0.0);
  }
  std::fill_n(factor_.begin() + static_cast<std::ptrdiff_t>(k * problem_.stride), problem_.stride,
              0.0);
  for (std::size_t j = 0; j < k; ++j) factor_[j * problem_.stride + k] = entering_[j];
  diagonal_[k] = std::sqrt(distance);
  inverse_diagonal_[k] = 1 / diagonal_[k];
  support_.push_back(column);
  in_support_[column] = 1;
}

void ActiveSetSolver::drop(std::size_t position) {
  const std::size_t k = support_.size(), stride = problem_.stride;
  const std::uint32_t column = support_[position];
  coefficients_[column] = 0;
  in_support_[column] = 0;
  support_.erase(support_.begin() + static_cast<std::ptrdiff_t>(position));
  sign_.erase(sign_.begin() + static_cast<std::ptrdiff_t>(position));

  // The row leaves every column before it; the columns after it move one place left and up; what
  // the dropped column carried below its diagonal is rotated into them.
  std::fill(rotated_.begin(), rotated_.end(), 0.0);
  double* old = factor_.data() + position * stride;
  for (std::size_t i = position + 1; i < k; ++i) rotated_[i - 1] = old[i];
  for (std::size_t j = 0; j < position; ++j) {
    double* l = factor_.data() + j * stride;
    std::copy(l + position + 1, l + k, l + position);
    l[k - 1] = 0;
  }
  for (std::size_t j = position; j + 1 < k; ++j) {
    double* to = factor_.data() + j * stride;
    const double* from = to + stride;
    std::fill(to, to + j + 1, 0.0);
    std::copy(from + j + 2, from + k, to + j + 1);
    to[k - 1] = 0;
    diagonal_[j] = diagonal_[j + 1];
    inverse_diagonal_[j] = inverse_diagonal_[j + 1];
  }
  dense_kernels().rank_one_update(factor_.data(), stride, diagonal_.data(),
                                  inverse_diagonal_.data(), position, k - 1, rotated_.data());
}

void ActiveSetSolver::refactor() {
  const std::vector<std::uint32_t> columns = std::exchange(support_, {});
  for (const std::uint32_t column : columns) append(column);
}

// Makes the coefficients optimal for the support, dropping those that reach zero on the way.
void ActiveSetSolver::settle_support() {
  while (!support_.empty()) {
    const std::size_t k = support_.size();
    for (std::size_t i = 0; i < k; ++i) goal_[i] = target(i);
    solve_on_support(goal_);
    double step = 1;
    std::size_t leaving = k;
    for (std::size_t i = 0; i < k; ++i) {
      if (sign_[i] == 0 || goal_[i] * sign_[i] > 0) continue;
      const double here = coefficients_[support_[i]];
      const double fraction = here / (here - goal_[i]);
      if (leaving == k || fraction < step) {
        step = fraction;
        leaving = i;
      }
    }
    if (leaving == k) {
      for (std::size_t i = 0; i < k; ++i) coefficients_[support_[i]] = goal_[i];
      return;
    }
    if (!(step > 0)) step = 0;
    for (std::size_t i = 0; i < k; ++i) {
      double& b = coefficients_[support_[i]];
      b += step * (goal_[i] - b);
    }
    drop(leaving);
    ++steps_;
  }
}

// Iterative refinement: up- and downdating leaves small errors in the factor.
void ActiveSetSolver::polish() {
  for (int round = 0; round < 4; ++round) {
    const std::size_t k = support_.size();
    double worst = 0;
    for (std::size_t i = 0; i < k; ++i) {
      const std::uint32_t column = support_[i];
      goal_[i] = gradient_[column] - l1_ * factors_[column] * sign_[i];
      worst = std::max(worst, std::abs(goal_[i]));
    }
    if (worst <= rounding_) return;
    if (round == 2) refactor();
    solve_on_support(goal_);
    for (std::size_t i = 0; i < k; ++i) {
      double& b = coefficients_[support_[i]];
      // A correction is rounding; it may not carry a coefficient through zero.
      if (sign_[i] == 0 || (b + goal_[i]) * sign_[i] > 0) b += goal_[i];
    }
    compute_gradient();
  }
}

// Brings `column` into a support that is optimal, moving along the line that keeps it so.
void ActiveSetSolver::enter(std::uint32_t column) {
  const double pull = gradient_[column];
  const double direction = pull < 0 ? -1 : 1;
  const double penalty = l1_ * factors_[column];
  const double excess = std::abs(pull) - penalty;
  const double distance = project(column);
  const std::size_t k = support_.size();
  goal_ = entering_;
  dense_kernels().solve_lower_transposed(factor_.data(), problem_.stride, inverse_diagonal_.data(),
                                         k, goal_.data());
  const bool dependent = distance <= kDependent;
  double step = dependent ? std::numeric_limits<double>::infinity() : excess / distance;
  std::size_t leaving = k;
  for (std::size_t i = 0; i < k; ++i) {
    const double slope = -direction * goal_[i];
    if (sign_[i] == 0 || slope * sign_[i] >= 0) continue;
    const double reach = -coefficients_[support_[i]] / slope;
    if (reach < step) {
      step = reach;
      leaving = i;
    }
  }
  if (std::isinf(step)) {
    // No kink along a null direction: the excess was rounding.
    refused_[column] = 1;
    return;
  }
  step = std::max(step, 0.0);
  for (std::size_t i = 0; i < k; ++i) {
    coefficients_[support_[i]] -= step * direction * goal_[i];
  }
  coefficients_[column] = step * direction;
  if (leaving < k) drop(leaving);
  append(column);
  // Without a penalty there is no kink at zero, unless zero is a bound.
  sign_.push_back(factors_[column] > 0 || non_negative_ ? direction : 0);
  if (leaving < k) settle_support();
}

bool ActiveSetSolver::solve(double l1, double l2, double tolerance, std::size_t max_steps) {
  const bool ridge_changed = l2 != l2_;
  l1_ = l1;
  l2_ = l2;
  steps_ = 0;
  if (ridge_changed) refactor();
  std::fill(refused_.begin(), refused_.end(), std::uint8_t{0});
  settle_support();
  const std::size_t size = problem_.size();
  while (true) {
    compute_gradient();
    polish();
    double worst = 0;
    std::size_t entering = size;
    for (std::size_t j = 0; j < size; ++j) {
      if (in_support_[j] || refused_[j]) continue;
      const double pull = non_negative_ ? gradient_[j] : std::abs(gradient_[j]);
      const double excess = pull - l1_ * factors_[j] * (1 + tolerance) - rounding_;
      if (excess > worst) {
        worst = excess;
        entering = j;
      }
    }
    if (entering == size) return true;
    if (++steps_ > max_steps) return false;
    enter(static_cast<std::uint32_t>(entering));
  }
}

double ActiveSetSolver::violation() const {
  double worst = 0;
  for (std::size_t i = 0; i < support_.size(); ++i) {
    const std::uint32_t column = support_[i];
    worst = std::max(worst, std::abs(gradient_[column] - l1_ * factors_[column] * sign_[i]));
  }
  for (std::size_t j = 0; j < problem_.size(); ++j) {
    if (in_support_[j]) continue;
    const double pull = non_negative_ ? gradient_[j] : std::abs(gradient_[j]);
    worst = std::max(worst, pull - l1_ * factors_[j]);
  }
  return worst;
}

// For the dual point s r, r the residual and s <= 1 the largest scale that is feasible, the gap is
// l1 sum f|b| - s b'g + (1 - s)^2 rss / 2, where b'g carries the ridge part with it.
double ActiveSetSolver::duality_gap() const {
  double scale = 1;
  for (std::size_t j = 0; j < problem_.size(); ++j) {
    const double pull = non_negative_ ? gradient_[j] : std::abs(gradient_[j]);
    const double bound = l1_ * factors_[j];
    if (bound > 0 && pull > bound) scale = std::min(scale, bound / pull);
  }
  double slack = 0, fitted = 0, explained = 0;
  for (std::size_t i = 0; i < support_.size(); ++i) {
    const std::uint32_t column = support_[i];
    const double b = coefficients_[column];
    slack += l1_ * factors_[column] * std::abs(b) - scale * b * gradient_[column];
    fitted += b * gradient_[column];
    explained += b * problem_.xty[column];
  }
  const double rss = problem_.target_square - explained - fitted;
  return std::max(0.0, slack + (1 - scale) * (1 - scale) * rss / 2);
}

}  // namespace neuralpower
