// SPDX-License-Identifier: Apache-2.0
// Sweeps and costs as text: what `neuralpower sweep` and `neuralpower cost` print.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/decide/cost.h"
#include "neuralpower/decide/sweep.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_sweep(const Sweep& sweep, const RenderOptions& options);

// `currency` stands behind amounts of money; it may be empty.
std::string render_costs(const std::vector<Cost>& costs, const std::string& currency,
                         const RenderOptions& options);

}  // namespace neuralpower
