// SPDX-License-Identifier: Apache-2.0
// How well a method predicts layers it has not seen.
#pragma once

#include <vector>

#include "neuralpower/model/training/evaluation.h"
#include "neuralpower/model/training/options.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Trains with each fold left out in turn, predicts it, and judges all predictions together.
// Repetitions of one configuration never straddle a fold. Error (bad input) if no kind of layer has
// enough configurations.
Evaluation cross_validate(const std::vector<Sample>& samples, const CrossValidateOptions& options,
                          const TrainProgress& progress = {});

}  // namespace neuralpower
