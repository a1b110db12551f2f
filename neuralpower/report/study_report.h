// SPDX-License-Identifier: Apache-2.0
// Accuracy against complexity: as a table, JSON, CSV, and as a picture with a panel a kind.
#pragma once

#include <string>

#include "neuralpower/model/training/study.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_study(const Study& study, const RenderOptions& options);

// An SVG document. Accuracies below zero are drawn at zero.
std::string plot_study(const Study& study);

}  // namespace neuralpower
