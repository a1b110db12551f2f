// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/layer_model.h"

#include <algorithm>
#include <array>
#include <limits>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/lane_kernels.h"
#include "neuralpower/features/real_math.h"

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
  const auto names = feature_names(model.key, model.target, model.base != nullptr);
  if (model.base) {
    if (model.base->base)
      throw bad_input("the base of " + model.key +
                      " has a base itself; adapt from a model that was trained on its own device");
    base_ = std::make_shared<const LayerFormula>(*model.base);
    layer_features_ = feature_names(model.key).size();
    own_features_ = names.size() - 1;
    if (names.size() > kMaxFeatures) throw bad_input(model.key + " has too many features");
  }
  const auto addend = [&](const WeightedTerm& t, std::size_t sum) {
    return SumProgram::Addend{Term::parse(t.term, names, model.key), t.coefficient, sum};
  };
  for (const Regime& regime : model.regimes) {
    std::vector<SumProgram::Addend> addends;
    for (const WeightedTerm& t : regime.terms) addends.push_back(addend(t, 0));
    for (const WeightedTerm& t : regime.log_terms) addends.push_back(addend(t, 1));
    regimes_.push_back({Condition::parse(regime.when, model.key), regime.intercept,
                        regime.log_intercept, regime.log_low, regime.log_high,
                        !regime.log_terms.empty() || regime.log_intercept != 0,
                        SumProgram(addends, 2)});
  }
  for (const WeightedTerm& t : model.floor)
    floors_.emplace_back(std::vector<SumProgram::Addend>{addend(t, 0)}, 1);
}

std::size_t LayerFormula::regime(std::span<const double> features) const {
  for (std::size_t i = 0; i + 1 < regimes_.size(); ++i)
    if (regimes_[i].when.holds(features)) return i;
  return regimes_.size() - 1;  // the last takes what no other does
}

void append_runtime(std::vector<double>& features, const FormulaValue& runtime) {
  features.insert(features.end(),
                  {runtime.value, runtime.cost, runtime.base_value, runtime.base_cost});
}

FormulaValue LayerFormula::evaluate_with_cost(std::span<const double> features) const {
  if (!base_) return own_value(features);
  std::array<double, kMaxFeatures> with_base;
  std::copy_n(features.begin(), layer_features_, with_base.begin());
  // The base of a power model sees what the base of the runtime model said.
  const std::size_t runtime_features = own_features_ - layer_features_;
  std::copy_n(features.begin() + static_cast<std::ptrdiff_t>(own_features_), runtime_features,
              with_base.begin() + static_cast<std::ptrdiff_t>(layer_features_));
  const FormulaValue base = base_->own_value({with_base.data(), own_features_});
  std::copy_n(features.begin(), own_features_, with_base.begin());
  with_base[own_features_] = base.value;
  FormulaValue result = own_value({with_base.data(), own_features_ + 1});
  result.base_value = base.value;
  result.base_cost = base.cost;
  return result;
}

FormulaValue LayerFormula::own_value(std::span<const double> features) const {
  const CompiledRegime& r = regimes_[regime(features)];
  std::array<double, 2> sums;
  r.program.evaluate(features.data(), sums);
  FormulaValue result;
  result.cost = r.intercept + sums[0];
  result.value = result.cost;
  if (r.corrected)
    result.value *= real_math::exp_of(std::clamp(r.log_intercept + sums[1], r.log_low, r.log_high));
  result.value = std::clamp(std::max(result.value, floor(features)), minimum_, maximum_);
  return result;
}

double LayerFormula::floor(std::span<const double> features) const {
  double most = -std::numeric_limits<double>::infinity();
  for (const SumProgram& each : floors_) {
    std::array<double, 1> least;
    each.evaluate(features.data(), least);
    most = std::max(most, least[0]);
  }
  return most;
}

std::size_t LayerFormula::append_to(SumChain& chain, std::size_t regime) const {
  const std::size_t first = chain.append(regimes_[regime].program);
  for (const SumProgram& floor : floors_) chain.append(floor);
  return first;
}

void LayerFormula::evaluate_lanes(std::size_t regime, const SumChain& chain, std::size_t first,
                                  const double* const* columns, double* room, double* values,
                                  double* costs) const {
  constexpr std::size_t kLanes = SumProgram::kLanes;
  const CompiledRegime& r = regimes_[regime];
  alignas(64) std::array<double, kLanes> exponents;
  const std::array<double*, 2> sums = {costs, exponents.data()};
  chain.evaluate(first, columns, room, sums.data());
  for (std::size_t l = 0; l < kLanes; ++l) values[l] = costs[l] = r.intercept + costs[l];
  if (r.corrected)
    lane_kernels().correct(values, exponents.data(), r.log_intercept, r.log_low, r.log_high);
  for (std::size_t f = 0; f < floors_.size(); ++f) {
    const std::array<double*, 1> least = {exponents.data()};
    chain.evaluate(first + 1 + f, columns, room, least.data());
    for (std::size_t l = 0; l < kLanes; ++l) values[l] = std::max(values[l], exponents[l]);
  }
  for (std::size_t l = 0; l < kLanes; ++l) values[l] = std::clamp(values[l], minimum_, maximum_);
}

std::vector<std::uint32_t> LayerFormula::features_read() const {
  std::vector<std::uint32_t> features;
  const auto add = [&](const std::vector<std::uint32_t>& more) {
    features.insert(features.end(), more.begin(), more.end());
  };
  for (const CompiledRegime& r : regimes_) {
    add(r.program.features_read());
    add(r.when.features_read());
  }
  for (const SumProgram& floor : floors_) add(floor.features_read());
  if (base_) add(base_->features_read());
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

}  // namespace neuralpower
