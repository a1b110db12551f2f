// SPDX-License-Identifier: Apache-2.0
// LayerModel: a sparse, readable formula for the runtime, power or energy of one key of layers.
//
//   value(x) = clamp( (intercept + sum_i c_i t_i(x)) * exp( sum_j d_j u_j(x) ) )
//
// with named terms t, u (features/term.h) in the first regime whose condition holds. The published
// method has one regime and no second sum. Values are in ms for runtime, W for power, J for energy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neuralpower/features/condition.h"
#include "neuralpower/features/published_terms.h"
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
  std::optional<double> minimum, maximum;
  std::vector<FeatureRange> ranges;
  std::vector<IntervalBand> interval;
  FitReport report;
};

int count_terms(const LayerModel& model);

// A LayerModel with its names looked up, for evaluating. Throws on names that do not exist.
class LayerFormula {
 public:
  explicit LayerFormula(const LayerModel& model);

  // In the model's unit; `features` in the order of feature_names(model.key).
  double evaluate(std::span<const double> features) const;

  // The regime that serves these features: an index into LayerModel::regimes.
  std::size_t regime(std::span<const double> features) const;

 private:
  struct CompiledTerm {
    Term term;
    double coefficient;
  };
  struct CompiledRegime {
    Condition when;
    double intercept;
    std::vector<CompiledTerm> terms, log_terms;
  };
  std::vector<CompiledRegime> regimes_;
  double minimum_, maximum_;
};

}  // namespace neuralpower
