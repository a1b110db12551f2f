// SPDX-License-Identifier: Apache-2.0
// Predicted beside measured, in the form of the paper's Table 4 (Cai et al. 2017): for each network
// the prediction, the sum of its measured layers, and the whole as measured.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/measure/network_measurement.h"
#include "neuralpower/model/prediction/prediction.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

struct Comparison {
  NetworkPrediction predicted;
  NetworkMeasurement measured;
  int layers_trained_on = 0;  // layers whose configuration was among the training samples
};

// `layers`: also one row for every layer.
std::string render_comparison(const std::vector<Comparison>& comparisons, bool layers,
                              const RenderOptions& options);

}  // namespace neuralpower
