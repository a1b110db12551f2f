// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/explain.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/key_formulas.h"

namespace neuralpower {
namespace {

std::vector<Contribution> contributions(const std::vector<WeightedTerm>& terms,
                                        const LayerModel& model, std::span<const double> features) {
  std::vector<Contribution> all;
  const auto names = feature_names(model.key, model.target, model.base != nullptr);
  for (const WeightedTerm& t : terms) {
    const double value = Term::parse(t.term, names, model.key).evaluate(features);
    if (value != 0) all.push_back({t.term, t.coefficient, value, t.coefficient * value});
  }
  std::stable_sort(all.begin(), all.end(), [](const Contribution& a, const Contribution& b) {
    return std::abs(a.amount) > std::abs(b.amount);
  });
  return all;
}

double sum_of(const std::vector<Contribution>& all) {
  double sum = 0;
  for (const Contribution& c : all) sum += c.amount;
  return sum;
}

// `predicted`: what became of the formula's value beyond the measured sizes.
FormulaExplanation explain_formula(const LayerModel& model, std::span<const double> features,
                                   std::optional<double> predicted = {}) {
  const LayerFormula formula(model);
  const Regime& regime = model.regimes[formula.regime(features)];
  const FormulaValue value = formula.evaluate_with_cost(features);
  // As the terms see them: of an adapted model with what its base says.
  std::vector<double> seen(features.begin(), features.end());
  if (model.base) {
    seen.resize(feature_names(model.key, model.target).size());
    seen.push_back(value.base_value);
  }
  FormulaExplanation e;
  e.unit = model.target == Target::kRuntime ? "ms" : "W";
  e.regime = regime.when;
  e.intercept = regime.intercept;
  e.terms = contributions(regime.terms, model, seen);
  e.log_intercept = regime.log_intercept;
  e.log_terms = contributions(regime.log_terms, model, seen);
  e.correction = std::exp(
      std::clamp(regime.log_intercept + sum_of(e.log_terms), regime.log_low, regime.log_high));
  e.value = value.value;
  const double unbounded = (e.intercept + sum_of(e.terms)) * e.correction;
  // Sums in another order differ in the last digits; a bound makes a difference one can see.
  if (std::abs(e.value - unbounded) > 1e-9 * std::abs(e.value)) {
    e.bound = model.minimum && e.value == *model.minimum ? "the smallest value measured"
              : model.maximum && e.value == *model.maximum
                  ? "the largest value measured"
                  : "the fastest rates measured (roofline)";
  }
  if (predicted && *predicted != e.value) {
    e.bound = "the largest sizes measured";
    e.value = *predicted;
  }
  return e;
}

// In octaves, so that 64 and 128 channels are as far apart as 512 and 1024.
double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = std::log2(std::max(a[i], 0.5)) - std::log2(std::max(b[i], 0.5));
    sum += d * d;
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace

Explanation explain(const Predictor& predictor, const LayerConfig& config,
                    const std::vector<Sample>& samples, std::size_t neighbours) {
  Explanation e;
  e.prediction = predictor.predict_layer(config);
  const bool estimated = !e.prediction.covered;  // by the model of all kinds
  if (estimated && !e.prediction.runtime) throw bad_input(e.prediction.reason);
  const auto key_of = estimated ? general_key : model_key;
  const auto features_of = [&](const LayerConfig& layer) {
    return estimated ? extract_general_features(layer) : extract_features(layer);
  };
  const auto& all = estimated ? predictor.model().general : predictor.model().layers;
  e.key = key_of(config);
  const auto found = all.find(e.key);
  if (found == all.end()) return e;  // free: no formula
  std::vector<double> features = features_of(config);
  const KeyFormulas* formulas = predictor.formulas_of(e.key);
  const FormulaValue runtime = formulas ? formulas->runtime_of(config, features) : FormulaValue{};
  if (formulas) e.runtime = explain_formula(*found->second.runtime, features, runtime.value);
  for (const ReducedSample& sample : reduce_repetitions(samples))
    if (!is_free(sample.layer) && key_of(sample.layer) == e.key)
      e.nearest.push_back({sample, distance(features, features_of(sample.layer))});
  std::stable_sort(e.nearest.begin(), e.nearest.end(),
                   [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; });
  if (e.nearest.size() > neighbours) e.nearest.resize(neighbours);
  if (formulas && formulas->power()) {
    append_runtime(features, runtime);
    e.power = explain_formula(*found->second.power, features);
  }
  return e;
}

}  // namespace neuralpower
