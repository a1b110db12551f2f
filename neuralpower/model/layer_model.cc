// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/layer_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "neuralpower/base/error.h"

namespace neuralpower {

int count_terms(const LayerModel& model) {
  int count = 0;
  for (const Regime& regime : model.regimes)
    count += static_cast<int>(regime.terms.size() + regime.log_terms.size());
  return count;
}

LayerFormula::LayerFormula(const LayerModel& model)
    : minimum_(model.minimum.value_or(-std::numeric_limits<double>::infinity())),
      maximum_(model.maximum.value_or(std::numeric_limits<double>::infinity())) {
  if (model.regimes.empty()) throw bad_input("the model of " + model.key + " has no regime");
  for (const Regime& regime : model.regimes) {
    CompiledRegime compiled{Condition::parse(regime.when, model.key), regime.intercept, {}, {}};
    const auto compile = [&](const std::vector<WeightedTerm>& terms) {
      std::vector<CompiledTerm> all;
      for (const WeightedTerm& t : terms)
        all.push_back({Term::parse(t.term, model.key), t.coefficient});
      return all;
    };
    compiled.terms = compile(regime.terms);
    compiled.log_terms = compile(regime.log_terms);
    regimes_.push_back(std::move(compiled));
  }
}

std::size_t LayerFormula::regime(std::span<const double> features) const {
  for (std::size_t i = 0; i + 1 < regimes_.size(); ++i)
    if (regimes_[i].when.holds(features)) return i;
  return regimes_.size() - 1;  // the last takes what no other does
}

double LayerFormula::evaluate(std::span<const double> features) const {
  const CompiledRegime& r = regimes_[regime(features)];
  double sum = r.intercept;
  for (const CompiledTerm& t : r.terms) sum += t.coefficient * t.term.evaluate(features);
  if (!r.log_terms.empty()) {
    double exponent = 0;
    for (const CompiledTerm& t : r.log_terms) exponent += t.coefficient * t.term.evaluate(features);
    sum *= std::exp(exponent);
  }
  return std::clamp(sum, minimum_, maximum_);
}

}  // namespace neuralpower
