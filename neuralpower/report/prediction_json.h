// SPDX-License-Identifier: Apache-2.0
// A prediction as JSON, the same wherever one is written: `predict --format json`, the HTML report.
//
// {"network", "device", "method", "batch", "totals": {...}, "layers": [...], "unsupported": [...]};
// runtimes in ms, power in W, energy in J, each {"value", "low", "high"} or null.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "neuralpower/model/prediction/prediction.h"
#include "neuralpower/report/json_writer.h"

namespace neuralpower {

// As the next value of a document.
void write_prediction(JsonWriter& json, const NetworkPrediction& prediction);

// As a tree, to be put into another.
nlohmann::ordered_json prediction_json(const NetworkPrediction& prediction);

}  // namespace neuralpower
