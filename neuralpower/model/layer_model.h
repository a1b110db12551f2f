// SPDX-License-Identifier: Apache-2.0
// LayerModel: a sparse, readable formula for the runtime, power or energy of one key of layers.
//
//   value(x) = clamp( max( s(x) * exp( clamp( a + sum_j d_j u_j(x) ) ), floors f_k(x) ) )
//   s(x)     = intercept + sum_i c_i t_i(x)
//
// with named terms t, u, f (features/term.h) in the first regime whose condition holds. The
// published method has one regime and no second sum. Values are in ms for runtime, W for power, J
// for energy.
//
// A model that was adapted from another device's has that device's formula as its base: what the
// base says of the layer is a feature, "base", that the terms can use.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/features/condition.h"
#include "neuralpower/features/sum_chain.h"
#include "neuralpower/features/sum_program.h"
#include "neuralpower/features/target.h"
#include "neuralpower/features/term.h"

namespace neuralpower {

struct WeightedTerm {
  std::string term;
  double coefficient = 0;
};

struct Regime {
  std::string when;  // features/condition.h; "always" holds for every layer
  double intercept = 0;
  std::vector<WeightedTerm> terms;
  std::vector<WeightedTerm> log_terms;
  // Of the correction, the exponent: its intercept, and bounds that keep it to what training saw.
  double log_intercept = 0;
  double log_low = -std::numeric_limits<double>::infinity();
  double log_high = std::numeric_limits<double>::infinity();
};

// What a feature was in training; outside it a prediction is an extrapolation.
struct FeatureRange {
  std::string feature;
  double low = 0, high = 0;
};

// Split-conformal band: of held-out layers predicted at most `up_to`, 90 % had true / predicted
// between low and high. Bands ascend; the last has no upper end.
struct IntervalBand {
  double up_to = 0;
  double low = 1, high = 1;
};

// How the model did on rows it was not fitted to (per cent), and what it was fitted on.
struct FitReport {
  int rows = 0;
  int terms = 0;  // non-zero coefficients, intercepts not counted
  double rmspe = 0, rmse = 0, mape = 0, within10 = 0;  // held out
  std::string note;  // degree, penalty, and whatever else the method chose
};

struct LayerModel {
  std::string key;
  Target target = Target::kRuntime;
  std::vector<Regime> regimes;
  std::vector<WeightedTerm> floor;  // the value is at least each: a roofline
  std::optional<double> minimum, maximum;
  std::vector<FeatureRange> ranges;
  std::vector<IntervalBand> interval;
  FitReport report;
  std::shared_ptr<const LayerModel> base;  // of the device it was adapted from; it has none itself
};

// Those of the base are not counted: they were not fitted.
int count_terms(const LayerModel& model);

// What a formula says of one layer.
struct FormulaValue {
  double value = 0;
  double cost = 0;                       // s(x), before correction, floors and clamps
  double base_value = 0, base_cost = 0;  // the same of the base; 0 without one
};

// What the runtime model of a layer says, behind the layer's features: so a power model sees them.
void append_runtime(std::vector<double>& features, const FormulaValue& runtime);

// A LayerModel with its names looked up, for evaluating. Throws on names that do not exist.
class LayerFormula {
 public:
  explicit LayerFormula(const LayerModel& model);

  // In the model's unit; `features` in the order of feature_names(model.key), for power followed by
  // append_runtime's. More may follow.
  double evaluate(std::span<const double> features) const {
    return evaluate_with_cost(features).value;
  }
  FormulaValue evaluate_with_cost(std::span<const double> features) const;

  // The least that the rooflines allow; -infinity without them.
  double floor(std::span<const double> features) const;

  // The regime that serves these features: an index into LayerModel::regimes.
  std::size_t regime(std::span<const double> features) const;

  // True if there is a base; evaluate_lanes() does not know it.
  bool adapted() const { return base_ != nullptr; }

  // The programs of a regime, for evaluate_lanes(): the number in the chain of the first.
  std::size_t append_to(SumChain& chain, std::size_t regime) const;

  // As evaluate_with_cost() for SumProgram::kLanes layers that one regime serves, with the same
  // bits: feature f of layer l is columns[f][l]. `room` is chain.room() numbers; all on cache
  // lines.
  void evaluate_lanes(std::size_t regime, const SumChain& chain, std::size_t first,
                      const double* const* columns, double* room, double* values,
                      double* costs) const;

  // Indices of the features that formula, base and conditions look at, ascending; the columns of
  // others need not be there.
  std::vector<std::uint32_t> features_read() const;

 private:
  // More features than any key has, so that a base's value is appended on the stack.
  static constexpr std::size_t kMaxFeatures = 64;

  FormulaValue own_value(std::span<const double> features) const;

  struct CompiledRegime {
    Condition when;
    double intercept, log_intercept, log_low, log_high;
    bool corrected;      // has a second sum
    SumProgram program;  // sums: terms, log terms
  };
  std::vector<CompiledRegime> regimes_;
  std::vector<SumProgram> floors_;
  double minimum_, maximum_;
  std::shared_ptr<const LayerFormula> base_;
  std::size_t layer_features_ = 0, own_features_ = 0;  // of the layer; before "base"
};

}  // namespace neuralpower
