// SPDX-License-Identifier: Apache-2.0
// Models that serve kinds of layers with few samples or none: a sum of operations and bytes with
// non-negative coefficients, fitted to all layers that multiply matrices, or all that do not.
#pragma once

#include <map>
#include <string>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/training/training_data.h"

namespace neuralpower {

// "any.product" and "any.element", as far as there are rows. Held-out errors and intervals are
// those of each key's rows under a fit to the other keys: what to expect of a kind never measured.
std::map<std::string, KeyModels> fit_general_models(const std::map<std::string, KeyData>& groups);

// For a key with too few rows for a model of its own: the general model, scaled to its rows.
KeyModels scale_general_model(const std::map<std::string, KeyModels>& general, const KeyData& data);

}  // namespace neuralpower
