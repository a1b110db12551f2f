// SPDX-License-Identifier: Apache-2.0
// What a model says about the data it was fitted to: the ranges its terms saw, and a hash.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "neuralpower/model/layer_model.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Ranges of the features that the terms of the model and of its base look at: only these can carry
// it outside its data. `features` is row-major, feature_names(model.key) a row.
std::vector<FeatureRange> training_ranges(const LayerModel& model,
                                          std::span<const double> features);

// A row's text in a hash.
std::string sample_line(const ReducedSample& row);

// SHA-256 of the lines in sorted order: their content matters, their order does not.
std::string lines_sha256(std::vector<std::string> lines);

}  // namespace neuralpower
