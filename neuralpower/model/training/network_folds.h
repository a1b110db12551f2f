// SPDX-License-Identifier: Apache-2.0
// Whole networks left out of training one at a time, and predicted from the layers of the others.
#pragma once

#include "neuralpower/model/training/evaluation.h"
#include "neuralpower/model/training/options.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Adds network rows and errors to the evaluation: of each measured network the sum over its layers
// as the samples show them, with the overhead between layers, by a device model that was trained on
// the other networks' samples. Error (bad input) if there are samples of fewer than two networks.
void leave_networks_out(Evaluation& evaluation, const std::vector<Sample>& samples,
                        const std::vector<NetworkSample>& networks, const TrainOptions& options,
                        const TrainProgress& progress = {});

}  // namespace neuralpower
