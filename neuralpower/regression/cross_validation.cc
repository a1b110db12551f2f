// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/cross_validation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/lasso_solution.h"
#include "neuralpower/regression/parallel.h"

namespace neuralpower {
void check_folds(const FoldMoments& folds) {
  if (folds.folds.size() < 2) throw bad_input("cross-validation needs at least two folds");
  for (std::size_t f = 0; f < folds.folds.size(); ++f) {
    if (!(folds.folds[f].weight > 0)) {
      throw bad_input("fold " + std::to_string(f + 1) + " of " +
                      std::to_string(folds.folds.size()) + " has no rows of positive weight");
    }
  }
}

void summarise_folds(CrossValidation& cv, const FoldMoments& folds) {
  const std::size_t count = cv.path.size();
  cv.kkt = cv.path.kkt;
  cv.gap = cv.path.gap;
  cv.converged = cv.path.converged;
  for (const LassoPath& path : cv.fold_paths) {
    for (std::size_t k = 0; k < count; ++k) {
      cv.kkt[k] = std::max(cv.kkt[k], path.kkt[k]);
      cv.gap[k] = std::max(cv.gap[k], path.gap[k]);
    }
    cv.converged = cv.converged && path.converged;
  }
  double weight = 0;
  for (const Moments& fold : folds.folds) weight += fold.weight;
  cv.cv_mse.assign(count, 0.0);
  cv.cv_mse_error.assign(count, 0.0);
  for (std::size_t k = 0; k < count; ++k) {
    double mean = 0, spread = 0;
    for (std::size_t f = 0; f < cv.folds; ++f) {
      mean += folds.folds[f].weight / weight * cv.fold_mse[f * count + k];
    }
    for (std::size_t f = 0; f < cv.folds; ++f) {
      const double difference = cv.fold_mse[f * count + k] - mean;
      spread += folds.folds[f].weight / weight * difference * difference;
    }
    cv.cv_mse[k] = mean;
    cv.cv_mse_error[k] = std::sqrt(spread / static_cast<double>(cv.folds - 1));
  }
  cv.lambda_min = static_cast<std::size_t>(std::min_element(cv.cv_mse.begin(), cv.cv_mse.end()) -
                                           cv.cv_mse.begin());
  const double bound = cv.cv_mse[cv.lambda_min] + cv.cv_mse_error[cv.lambda_min];
  cv.lambda_1se = static_cast<std::size_t>(
      std::find_if(cv.cv_mse.begin(), cv.cv_mse.end(), [&](double e) { return e <= bound; }) -
      cv.cv_mse.begin());
}

CrossValidation cross_validate(const FoldMoments& folds, const PathOptions& options,
                               std::size_t target, unsigned threads) {
  check_folds(folds);
  const Moments total = folds.total();
  check_path_options(options, total.terms, total, target);
  PathFit on_all_rows(total, options, target);
  const double largest = on_all_rows.largest_penalty();
  const std::vector<double> lambdas = on_all_rows.grid(largest);

  CrossValidation cv;
  cv.folds = folds.folds.size();
  cv.fold_paths.resize(cv.folds);
  std::vector<std::vector<double>> errors(cv.folds);
  run_tasks(cv.folds + 1, threads, [&](std::size_t task) {
    if (task == 0) {
      cv.path = on_all_rows.follow(lambdas, largest);
      return;
    }
    const std::size_t held_out = task - 1;
    const Moments training = folds.training(held_out);
    PathFit fit(training, options, target);
    fit.hold_out(folds.folds[held_out]);
    cv.fold_paths[held_out] = fit.follow(lambdas, largest, &errors[held_out]);
  });
  for (std::size_t f = 0; f < cv.folds; ++f) {
    cv.fold_mse.insert(cv.fold_mse.end(), errors[f].begin(),
                       errors[f].begin() + static_cast<std::ptrdiff_t>(cv.path.size()));
  }
  summarise_folds(cv, folds);
  return cv;
}

HeldOutErrors held_out_errors(const FoldMoments& folds, const MatrixView& terms,
                              const MatrixView& targets, std::span<const double> weights,
                              std::span<const std::uint32_t> fold_of_row, double lambda,
                              const PathOptions& options, std::size_t target, unsigned threads) {
  check_folds(folds);
  if (fold_of_row.size() != terms.rows || targets.rows != terms.rows ||
      (!weights.empty() && weights.size() != terms.rows)) {
    throw bad_input("terms, targets, weights and fold numbers differ in their rows");
  }
  PathOptions at_lambda = options;
  at_lambda.lambdas = {lambda};
  const std::size_t count = folds.folds.size();
  HeldOutErrors errors;
  errors.predicted.assign(terms.rows, 0.0);
  errors.rmse.assign(count, 0.0);
  errors.rmspe.assign(count, 0.0);
  run_tasks(count, threads, [&](std::size_t fold) {
    const LassoPath path = fit_lasso_path(folds.training(fold), at_lambda, target);
    std::vector<double> truth, predicted;
    for (std::size_t r = 0; r < terms.rows; ++r) {
      if (fold_of_row[r] != fold) continue;
      const MatrixView row(terms.row(r), 1, terms.cols);
      errors.predicted[r] = predict_rows(row, path.coefficients_at(0), path.intercept[0]).front();
      if (!weights.empty() && weights[r] == 0) continue;
      truth.push_back(targets.at(r, target));
      predicted.push_back(errors.predicted[r]);
    }
    const ErrorMetrics metrics = error_metrics(truth, predicted);
    errors.rmse[fold] = metrics.rmse;
    errors.rmspe[fold] = metrics.rmspe;
  });
  return errors;
}

}  // namespace neuralpower
