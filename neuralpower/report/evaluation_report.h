// SPDX-License-Identifier: Apache-2.0
// Held-out errors as text: what `crossvalidate`, `evaluate` and `train` print.
#pragma once

#include <string>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_evaluation(const Evaluation& evaluation, const RenderOptions& options);

// The held-out rows of a cross-validation as CSV: layer, key, fold (from 1), and of each target
// what was measured, what was predicted and the ends of the interval. Empty where there is nothing.
std::string held_out_csv(const Evaluation& evaluation);

// What was trained: per kind and target rows, terms and held-out errors.
std::string render_training(const DeviceModel& model, const RenderOptions& options);

}  // namespace neuralpower
