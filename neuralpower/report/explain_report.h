// SPDX-License-Identifier: Apache-2.0
// An explanation as text: what `neuralpower explain` prints.
#pragma once

#include <string>

#include "neuralpower/model/prediction/explain.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_explanation(const Explanation& explanation, const RenderOptions& options);

}  // namespace neuralpower
