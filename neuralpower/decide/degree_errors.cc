// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/degree_errors.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/model/training/training_data.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

constexpr std::size_t kFolds = 10;

DegreeError error_at(const KeyData& data, Target target, int degree, std::uint64_t seed,
                     unsigned threads) {
  const std::vector<double>& values = target == Target::kRuntime ? data.runtime_ms : data.power_w;
  const std::vector<double> weights(values.size(), 1.0);
  const auto folds = make_folds(values.size(), kFolds, seed);
  std::vector<Term> terms;
  for (const std::string& name : published_terms(data.key, target, degree))
    terms.push_back(Term::parse(name, data.key));
  const std::vector<double> columns = evaluate_terms(terms, data.feature_view());
  const MatrixView term_view(columns.data(), values.size(), terms.size());
  const MatrixView value_view(values.data(), values.size(), 1);
  const FoldMoments moments =
      accumulate_moments(term_view, value_view, weights, folds, kFolds, threads);
  const CrossValidation cv = cross_validate(moments, {}, 0, threads);
  const std::vector<double> predicted =
      held_out_errors(moments, term_view, value_view, weights, folds, cv.path.lambda[cv.lambda_min],
                      {}, 0, threads)
          .predicted;
  const double smallest = *std::min_element(values.begin(), values.end());
  DegreeError result{data.key, target, degree, terms.size(), values.size(), 0, 0};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = std::max(predicted[i], smallest) - values[i];
    result.rmse += error * error;
    result.rmspe += error / values[i] * error / values[i];
  }
  const auto rows = static_cast<double>(values.size());
  result.rmse = std::sqrt(result.rmse / rows);
  result.rmspe = 100 * std::sqrt(result.rmspe / rows);
  return result;
}

}  // namespace

std::vector<DegreeError> degree_errors(const std::vector<Sample>& samples, int highest_degree,
                                       std::uint64_t seed, unsigned threads) {
  std::vector<DegreeError> errors;
  for (const auto& [key, data] : group_by_key(samples)) {
    for (const Target target : {Target::kRuntime, Target::kPower}) {
      const KeyData rows = target == Target::kPower ? select_rows(data, metered_rows(data)) : data;
      if (rows.rows.size() < kFolds) continue;
      for (int degree = 1; degree <= highest_degree; ++degree)
        errors.push_back(error_at(rows, target, degree, seed, threads));
    }
  }
  return errors;
}

}  // namespace neuralpower
