// SPDX-License-Identifier: Apache-2.0
// Why a layer is predicted as it is: the regime, every term with what it contributes, the interval,
// and the measured layers most like it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct Contribution {
  std::string term;
  double coefficient = 0;
  double value = 0;   // of the term
  double amount = 0;  // coefficient x value: ms or W; in a correction a share of its exponent
};

struct FormulaExplanation {
  std::string unit;    // "ms" or "W"
  std::string regime;  // its condition
  double intercept = 0;
  std::vector<Contribution> terms;  // those that are not zero here, largest first
  double correction = 1;            // exp of the second sum, within its bounds
  double log_intercept = 0;
  std::vector<Contribution> log_terms;  // those that are not zero here, largest first
  double value = 0;                     // as predicted
  std::string bound;                    // what bounded it: "minimum", "roofline"; empty: nothing
};

struct Neighbour {
  ReducedSample sample;
  double distance = 0;  // root mean square of the features' differences in octaves
};

struct Explanation {
  LayerPrediction prediction;
  std::string key;
  std::optional<FormulaExplanation> runtime, power;
  std::vector<Neighbour> nearest;
};

// `samples`: where to look for similar layers; at most `neighbours` are returned, nearest first.
// A kind that was never measured is explained by the model of all kinds; what its estimate has
// beside that (copies, steps) is told in the prediction's reason. Error (bad input) if there is no
// prediction.
Explanation explain(const Predictor& predictor, const LayerConfig& config,
                    const std::vector<Sample>& samples = {}, std::size_t neighbours = 3);

}  // namespace neuralpower
