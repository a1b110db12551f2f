// SPDX-License-Identifier: Apache-2.0
// Predictions as text: what `neuralpower predict` prints, for one or several batch sizes.
#pragma once

#include <iosfwd>
#include <vector>

#include "neuralpower/model/prediction/prediction.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// One prediction a batch size. JSON: one document; a single batch size has its members at the top,
// several stand in "batches". As a table, several batch sizes are a line each; `layers` puts the
// layers of each behind.
void write_predictions(std::ostream& out, const std::vector<NetworkPrediction>& predictions,
                       const RenderOptions& options, bool layers = false);

}  // namespace neuralpower
