// SPDX-License-Identifier: Apache-2.0
// Held-out errors as text: what `crossvalidate`, `evaluate` and `train` print.
#pragma once

#include <string>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_evaluation(const Evaluation& evaluation, const RenderOptions& options);

// What was trained: per kind and target rows, terms and held-out errors.
std::string render_training(const DeviceModel& model, const RenderOptions& options);

}  // namespace neuralpower
