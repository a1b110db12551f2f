// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/relative_lasso.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/relative_loss.h"

namespace neuralpower {
namespace {

// Limits of the descent, and the changes of a fit (mean square, weighted) at which it ends.
constexpr int kNewtonSteps = 10, kSweeps = 20, kSweepsOfActive = 30;
constexpr double kEnough = 1e-8;

class RelativeLasso {
 public:
  RelativeLasso(std::span<const SparseColumn> columns, std::span<const double> target,
                const RelativeLassoOptions& options, std::span<const double> weights)
      : options_(options),
        target_(target),
        row_weights_(weights),
        rows_(target.size()),
        fitted_(rows_),
        weight_(rows_),
        residual_(rows_),
        columns_(columns),
        coefficients_(columns_.size()),
        squares_(columns_.size()) {
    intercept_ = std::accumulate(target.begin(), target.end(), 0.0) / static_cast<double>(rows_);
    std::fill(fitted_.begin(), fitted_.end(), intercept_);
  }

  RelativeLassoFit fit(double penalty) {
    for (int step = 0; step < kNewtonSteps; ++step) {
      take_newton_weights();
      if (descend(penalty * static_cast<double>(rows_)) < enough()) break;
    }
    return {penalty, intercept_, coefficients_};
  }

 private:
  double enough() const { return kEnough * static_cast<double>(rows_); }

  void take_newton_weights() {
    for (std::size_t i = 0; i < rows_; ++i) {
      const double excess = fitted_[i] - target_[i];
      const NewtonStep step =
          options_.relative ? relative_newton_step(excess) : squared_newton_step(excess);
      weight_[i] = row_weights_.empty() ? step.weight : step.weight * row_weights_[i];
      residual_[i] = step.residual;
    }
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      squares_[j] = 0;
      const SparseColumn& column = columns_[j];
      for (std::size_t t = 0; t < column.rows.size(); ++t)
        squares_[j] += weight_[column.rows[t]] * column.values[t] * column.values[t];
    }
  }

  // The weighted Lasso of one Newton step; the active columns are settled between visits to all.
  // Returns how far it went.
  double descend(double penalty) {
    double moved = 0;
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      double change = move_intercept();
      active_.clear();
      for (std::size_t j = 0; j < columns_.size(); ++j) {
        change += move(j, penalty);
        if (coefficients_[j] != 0) active_.push_back(j);
      }
      for (int inner = 0; inner < kSweepsOfActive; ++inner) {
        double within = move_intercept();
        for (const std::size_t j : active_) within += move(j, penalty);
        change += within;
        if (within < enough()) break;
      }
      moved += change;
      if (change < enough()) break;
    }
    return moved;
  }

  double move(std::size_t j, double penalty) {
    if (!(squares_[j] > 0)) return 0;
    double slope = coefficients_[j] * squares_[j];
    const SparseColumn& column = columns_[j];
    for (std::size_t t = 0; t < column.rows.size(); ++t)
      slope += weight_[column.rows[t]] * residual_[column.rows[t]] * column.values[t];
    const double shrunk = std::max(std::abs(slope) - penalty, 0.0);
    const double change = std::copysign(shrunk, slope) / squares_[j] - coefficients_[j];
    if (change == 0) return 0;
    coefficients_[j] += change;
    if (shrunk == 0) coefficients_[j] = 0;
    for (std::size_t t = 0; t < column.rows.size(); ++t) {
      residual_[column.rows[t]] -= change * column.values[t];
      fitted_[column.rows[t]] += change * column.values[t];
    }
    return change * change * squares_[j];
  }

  double move_intercept() {
    double slope = 0, square = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
      slope += weight_[i] * residual_[i];
      square += weight_[i];
    }
    const double change = slope / square;
    intercept_ += change;
    for (std::size_t i = 0; i < rows_; ++i) {
      residual_[i] -= change;
      fitted_[i] += change;
    }
    return change * change * square;
  }

  const RelativeLassoOptions& options_;
  std::span<const double> target_, row_weights_;
  std::size_t rows_;
  std::vector<double> fitted_, weight_, residual_;
  std::span<const SparseColumn> columns_;
  std::vector<double> coefficients_, squares_;
  std::vector<std::size_t> active_;
  double intercept_ = 0;
};

}  // namespace

double RelativeLassoFit::value(std::span<const double> columns) const {
  double value = intercept;
  for (std::size_t t = 0; t < coefficients.size(); ++t)
    if (coefficients[t] != 0) value += coefficients[t] * columns[t];
  return value;
}

std::vector<RelativeLassoFit> fit_relative_lasso(std::span<const SparseColumn> columns,
                                                 std::span<const double> target,
                                                 const RelativeLassoOptions& options,
                                                 std::span<const double> weights) {
  if (target.empty()) throw bad_input("a Lasso of no rows");
  for (const SparseColumn& column : columns)
    if (column.rows.size() != column.values.size() ||
        std::any_of(column.rows.begin(), column.rows.end(),
                    [&](std::uint32_t row) { return row >= target.size(); }))
      throw bad_input("a column has not the target's rows");
  if (!weights.empty() && weights.size() != target.size())
    throw bad_input("the weights have not the target's rows");
  if (options.penalties < 2 || !(options.first_penalty > options.last_penalty) ||
      !(options.last_penalty > 0))
    throw bad_input("penalties of a Lasso: two or more, falling, above 0");
  RelativeLasso lasso(columns, target, options, weights);
  std::vector<RelativeLassoFit> fits;
  const double ratio = options.last_penalty / options.first_penalty;
  for (int k = 0; k < options.penalties; ++k)
    fits.push_back(
        lasso.fit(options.first_penalty * std::pow(ratio, k / (options.penalties - 1.0))));
  return fits;
}

}  // namespace neuralpower
