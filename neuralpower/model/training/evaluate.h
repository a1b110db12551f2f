// SPDX-License-Identifier: Apache-2.0
// Held-out errors: of a method by cross-validation, of a finished device model on other samples.
// All errors are in per cent, on rows that the model in question was not fitted to.
#pragma once

#include <vector>

#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/evaluation.h"
#include "neuralpower/model/training/options.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Trains with each fold left out in turn, predicts it, and judges all predictions together.
Evaluation cross_validate_method(const std::vector<Sample>& samples,
                                 const CrossValidateOptions& options,
                                 const TrainProgress& progress = {});

// Predicts samples with a finished model. Configurations the model was trained on are left out and
// counted. Samples with a network and a position are also summed by network and batch, and compared
// with `networks` where that has the same. `predictions` are networks predicted from their files:
// they are judged instead of the sum of the samples' layers.
Evaluation evaluate(const Predictor& predictor, const std::vector<Sample>& samples,
                    const std::vector<NetworkSample>& networks = {},
                    const std::vector<NetworkPrediction>& predictions = {});

}  // namespace neuralpower
