// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/lasso_path.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/dense_kernels.h"
#include "neuralpower/regression/lasso_solution.h"

namespace neuralpower {
namespace {

std::vector<double> factors_of(const StandardisedProblem& problem, const PathOptions& options) {
  std::vector<double> factors(problem.size(), 1.0);
  if (options.penalty_factors.empty()) return factors;
  for (std::size_t i = 0; i < problem.size(); ++i) {
    factors[i] = options.penalty_factors[problem.term[i]];
  }
  return factors;
}

Copies copies_of(const PathOptions& options) {
  if (options.l1_ratio < 1) return Copies::kKeepAll;
  return options.non_negative ? Copies::kDropSameSign : Copies::kDrop;
}

}  // namespace

void check_path_options(const PathOptions& options, std::size_t terms, const Moments& moments,
                        std::size_t target) {
  if (target >= moments.targets) {
    throw bad_input("target " + std::to_string(target + 1) + " of " +
                    std::to_string(moments.targets) + " is asked for");
  }
  if (!(moments.weight > 0)) throw bad_input("there are no rows of positive weight");
  if (!(options.l1_ratio >= 0 && options.l1_ratio <= 1)) {
    throw bad_input("l1_ratio must lie between 0 and 1");
  }
  if (!(options.ratio >= 0 && options.ratio < 1)) {
    throw bad_input("the ratio of the last to the first penalty must lie between 0 and 1");
  }
  if (options.lambdas.empty() && options.count == 0) throw bad_input("no penalties are asked for");
  for (std::size_t k = 0; k < options.lambdas.size(); ++k) {
    const double lambda = options.lambdas[k];
    if (!std::isfinite(lambda) || lambda < 0 || (k > 0 && lambda > options.lambdas[k - 1])) {
      throw bad_input("penalty " + std::to_string(k + 1) +
                      ": penalties must be finite, not negative and descending");
    }
  }
  if (!options.penalty_factors.empty() && options.penalty_factors.size() != terms) {
    throw bad_input(std::to_string(options.penalty_factors.size()) + " penalty factors for " +
                    std::to_string(terms) + " terms");
  }
  for (std::size_t i = 0; i < options.penalty_factors.size(); ++i) {
    if (!(options.penalty_factors[i] >= 0)) {
      throw bad_input("penalty factor " + std::to_string(i + 1) + " is negative or not a number");
    }
  }
  if (!(options.tolerance >= 0)) throw bad_input("the tolerance is negative or not a number");
}

PathFit::PathFit(const Moments& moments, const PathOptions& options, std::size_t target)
    : moments_(moments),
      options_(options),
      target_(target),
      problem_(standardise(moments, target, options.intercept, options.penalty_factors,
                           copies_of(options))),
      solver_(problem_, factors_of(problem_, options), options.non_negative),
      packed_(problem_.stride, 0.0),
      residual_(problem_.stride, 0.0) {}

double PathFit::largest_penalty() {
  std::vector<double> factors = factors_of(problem_, options_);
  const bool all_penalised =
      std::all_of(factors.begin(), factors.end(), [](double f) { return f > 0; });
  if (!all_penalised) {
    // A penalty beyond any gradient: only unpenalised terms come in.
    double bound = std::sqrt(problem_.target_square);
    for (const double f : factors) {
      if (f > 0) bound = std::max(bound, 2 * std::sqrt(problem_.target_square) / f);
    }
    solver_.solve(bound, 0, options_.tolerance, 1000 + 20 * problem_.size());
  }
  double largest = 0;
  for (std::size_t j = 0; j < problem_.size(); ++j) {
    if (factors[j] == 0) continue;
    const double pull = solver_.gradient()[j];
    largest = std::max(largest, (options_.non_negative ? pull : std::abs(pull)) / factors[j]);
  }
  // Nothing but rounding is left where the target does not vary or unpenalised terms explain it
  // all.
  if (largest <= 16 * solver_.rounding()) return 0;
  return largest / std::max(options_.l1_ratio, 1e-3);
}

std::vector<double> PathFit::grid(double first) const {
  if (!options_.lambdas.empty()) return options_.lambdas;
  if (!(first > 0)) return {0.0};
  const double ratio =
      options_.ratio > 0 ? options_.ratio : (moments_.rows > moments_.terms ? 1e-4 : 1e-2);
  std::vector<double> lambdas(options_.count, first);
  for (std::size_t k = 1; k < lambdas.size(); ++k) {
    lambdas[k] =
        first * std::pow(ratio, static_cast<double>(k) / static_cast<double>(options_.count - 1));
  }
  return lambdas;
}

bool PathFit::solve(double lambda) {
  const double l1 = lambda * options_.l1_ratio, l2 = lambda * (1 - options_.l1_ratio);
  const std::size_t max_steps =
      options_.max_steps > 0 ? options_.max_steps : 1000 + 20 * problem_.size();
  const bool converged = solver_.solve(l1, l2, options_.tolerance, max_steps);
  // rss = y'y - b'c - b'(c - Gb), the last factor being the gradient without its ridge part.
  double explained = 0, fitted = 0, penalty = 0, ridge = 0;
  for (const std::uint32_t column : solver_.support()) {
    const double b = solver_.coefficient(column);
    const double factor =
        options_.penalty_factors.empty() ? 1 : options_.penalty_factors[problem_.term[column]];
    explained += b * problem_.xty[column];
    fitted += b * (solver_.gradient()[column] + l2 * factor * b);
    penalty += l1 * factor * std::abs(b);
    ridge += l2 * factor * b * b;
  }
  mean_square_ = std::max(0.0, problem_.target_square - explained - fitted);
  objective_ = mean_square_ / 2 + penalty + ridge / 2;
  return converged;
}

std::size_t PathFit::nonzeros() const {
  const auto support = solver_.support();
  return static_cast<std::size_t>(
      std::count_if(support.begin(), support.end(),
                    [&](std::uint32_t j) { return solver_.coefficient(j) != 0; }));
}

double PathFit::relative_gap() const {
  return objective_ > 0 ? solver_.duality_gap() / objective_ : 0;
}

double PathFit::write_coefficients(std::span<double> coefficients) const {
  std::fill(coefficients.begin(), coefficients.end(), 0.0);
  if (!options_.intercept) {
    for (const std::uint32_t j : solver_.support()) {
      coefficients[problem_.term[j]] = solver_.coefficient(j) / problem_.deviation[j];
    }
    return 0;
  }
  const std::size_t y = moments_.terms + target_;
  long double intercept = static_cast<long double>(moments_.mean[y]) + moments_.mean_tail[y];
  for (const std::uint32_t j : solver_.support()) {
    const std::size_t term = problem_.term[j];
    const double b = solver_.coefficient(j) / problem_.deviation[j];
    coefficients[term] = b;
    intercept -= static_cast<long double>(b) *
                 (static_cast<long double>(moments_.mean[term]) + moments_.mean_tail[term]);
  }
  return static_cast<double>(intercept);
}

void PathFit::hold_out(const Moments& held_out) {
  held_out_ = on_scale_of(problem_, held_out, target_, options_.intercept);
  shift_.assign(problem_.size(), 0.0);
  target_shift_ = 0;
  if (!options_.intercept) return;  // the products about zero hold everything
  for (std::size_t j = 0; j < problem_.size(); ++j) {
    shift_[j] = moments_.mean_difference(problem_.term[j], held_out) / problem_.deviation[j];
  }
  target_shift_ = moments_.mean_difference(moments_.terms + target_, held_out);
}

double PathFit::held_out_error() {
  const auto support = solver_.support();
  double bias = target_shift_;
  for (std::size_t i = 0; i < support.size(); ++i) {
    packed_[i] = solver_.coefficient(support[i]);
    bias -= packed_[i] * shift_[support[i]];
  }
  dense_kernels().subtract_rows(held_out_.xty.data(), held_out_.gram.data(), held_out_.stride,
                                held_out_.size(), support.data(), packed_.data(), support.size(),
                                residual_.data());
  double square = held_out_.target_square;
  for (std::size_t i = 0; i < support.size(); ++i) {
    square -= packed_[i] * (held_out_.xty[support[i]] + residual_[support[i]]);
  }
  return std::max(0.0, square) + bias * bias;
}

std::vector<double> penalty_grid(const Moments& moments, const PathOptions& options,
                                 std::size_t target) {
  check_path_options(options, moments.terms, moments, target);
  PathFit fit(moments, options, target);
  return fit.grid(fit.largest_penalty());
}

LassoPath PathFit::follow(std::span<const double> lambdas, double largest,
                          std::vector<double>* held_out_errors) {
  LassoPath path;
  path.terms = moments_.terms;
  for (const double lambda : lambdas) {
    path.converged = solve(lambda) && path.converged;
    path.steps += steps();
    if (held_out_errors != nullptr) {
      held_out_errors->push_back(held_out_error());
    } else if (nonzeros() > options_.max_nonzeros) {
      break;
    }
    path.lambda.push_back(lambda);
    path.coefficients.resize(path.lambda.size() * path.terms);
    path.intercept.push_back(write_coefficients(std::span(path.coefficients).last(path.terms)));
    path.mean_square.push_back(mean_square());
    path.objective.push_back(objective());
    path.nonzeros.push_back(nonzeros());
    path.kkt.push_back(largest > 0 ? violation() / largest : violation());
    path.gap.push_back(relative_gap());
  }
  return path;
}

LassoPath fit_lasso_path(const Moments& moments, const PathOptions& options, std::size_t target) {
  check_path_options(options, moments.terms, moments, target);
  PathFit fit(moments, options, target);
  const double largest = fit.largest_penalty();
  return fit.follow(fit.grid(largest), largest);
}

double mean_squared_error(const Moments& moments, std::span<const double> coefficients,
                          double intercept, std::size_t target) {
  if (coefficients.size() != moments.terms || target >= moments.targets) {
    throw bad_input(std::to_string(coefficients.size()) + " coefficients for moments of " +
                    std::to_string(moments.terms) + " terms");
  }
  const std::size_t y = moments.terms + target;
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] != 0) used.push_back(i);
  }
  long double square = moments.product(y, y);
  long double bias = static_cast<long double>(moments.mean[y]) + moments.mean_tail[y] - intercept;
  for (const std::size_t i : used) {
    const long double b = coefficients[i];
    bias -= b * (static_cast<long double>(moments.mean[i]) + moments.mean_tail[i]);
    square -= 2 * b * moments.product(i, y);
    for (const std::size_t j : used) square += b * coefficients[j] * moments.product(i, j);
  }
  return static_cast<double>(std::max(0.0L, square / moments.weight) + bias * bias);
}

std::vector<double> predict_rows(const MatrixView& terms, std::span<const double> coefficients,
                                 double intercept) {
  if (coefficients.size() != terms.cols) {
    throw bad_input(std::to_string(coefficients.size()) + " coefficients for " +
                    std::to_string(terms.cols) + " terms");
  }
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] != 0) used.push_back(i);
  }
  std::vector<double> predicted(terms.rows, intercept);
  for (std::size_t r = 0; r < terms.rows; ++r) {
    const double* row = terms.row(r);
    for (const std::size_t i : used) predicted[r] += row[i] * coefficients[i];
  }
  return predicted;
}

}  // namespace neuralpower
