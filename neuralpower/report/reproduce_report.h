// SPDX-License-Identifier: Apache-2.0
// The paper's tables as text: what `neuralpower reproduce` prints.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/decide/reproduce.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// One after the other, the published first. JSON: {"reproductions": [...]}.
std::string render_reproductions(const std::vector<Reproduction>& reproductions,
                                 const RenderOptions& options);

}  // namespace neuralpower
