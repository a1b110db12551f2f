// SPDX-License-Identifier: Apache-2.0
// neuralpower-2017: the published method (Cai et al., ACML 2017). Polynomial terms up to degree K
// plus special products; the Lasso over a path of 100 penalties; the penalty of least ten-fold
// cross-validated error; the degree with the lowest error wins; runtimes are clamped from below at
// the smallest time measured.
//
// The authors drop convolution rows with Ho = 1 before fitting, and so does this. They also drop
// fully connected rows of 100 ms and more, a bound that belongs to their GPU: it is applied only
// where at least nine tenths of the rows are below it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "neuralpower/features/features.h"
#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/regression/cross_validation.h"

namespace neuralpower {
namespace {

// Weights of 0 take a row out of the fit and leave its held-out prediction.
std::vector<double> published_weights(const FitInput& input) {
  std::vector<double> weights(input.features.rows, 1.0);
  const auto names = feature_names(input.key);
  if (input.key == "conv") {
    const auto ho =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), "Ho") - names.begin());
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (input.features.at(i, ho) == 1) weights[i] = 0;
  }
  if (input.key == "fc" && input.target == Target::kRuntime) {
    const auto short_rows =
        std::count_if(input.values.begin(), input.values.end(), [](double ms) { return ms < 100; });
    if (10 * short_rows >= 9 * static_cast<std::ptrdiff_t>(weights.size()))
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (input.values[i] >= 100) weights[i] = 0;
  }
  // Each fold must keep rows to be judged on.
  for (std::size_t fold = 0; fold < input.fold_count; ++fold) {
    bool used = false;
    for (std::size_t i = 0; i < weights.size(); ++i)
      used = used || (input.fold_of_row[i] == fold && weights[i] > 0);
    if (!used) return std::vector<double>(weights.size(), 1.0);
  }
  return weights;
}

struct Candidate {
  int degree = 0;
  std::vector<std::string> names;
  std::vector<double> columns;
  FoldMoments moments;
  CrossValidation cv;
  double error() const { return cv.cv_mse[cv.lambda_min]; }
};

}  // namespace

FitResult fit_published(const FitInput& input) {
  const std::size_t rows = input.features.rows;
  const std::vector<double> weights = published_weights(input);
  const MatrixView target(input.values.data(), rows, 1);
  Candidate best;
  for (int degree = 1; degree <= published_degree(input.key, input.target); ++degree) {
    Candidate c;
    c.degree = degree;
    c.names = published_terms(input.key, input.target, degree);
    std::vector<Term> terms;
    for (const std::string& name : c.names) terms.push_back(Term::parse(name, input.key));
    c.columns = evaluate_terms(terms, input.features);
    c.moments = accumulate_moments(MatrixView(c.columns.data(), rows, terms.size()), target,
                                   weights, input.fold_of_row, input.fold_count, input.threads);
    c.cv = cross_validate(c.moments, {}, 0, input.threads);
    if (best.degree == 0 || c.error() < best.error()) best = std::move(c);
  }
  const std::size_t chosen = best.cv.lambda_min;
  const double lambda = best.cv.path.lambda[chosen];
  const MatrixView columns(best.columns.data(), rows, best.names.size());
  FitResult result;
  result.held_out = held_out_errors(best.moments, columns, target, weights, input.fold_of_row,
                                    lambda, {}, 0, input.threads)
                        .predicted;
  Regime regime{"always", best.cv.path.intercept[chosen], {}, {}};
  const auto coefficients = best.cv.path.coefficients_at(chosen);
  for (std::size_t j = 0; j < best.names.size(); ++j)
    if (coefficients[j] != 0) regime.terms.push_back({best.names[j], coefficients[j]});
  result.model.regimes.push_back(std::move(regime));
  if (input.target == Target::kRuntime) {
    const double smallest = *std::min_element(input.values.begin(), input.values.end());
    result.model.minimum = smallest;
    for (double& value : result.held_out) value = std::max(value, smallest);
  }
  result.model.report.note = fmt::format("degree {}, penalty {:.6g} (number {} of {})", best.degree,
                                         lambda, chosen + 1, best.cv.path.size());
  return result;
}

}  // namespace neuralpower
