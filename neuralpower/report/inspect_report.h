// SPDX-License-Identifier: Apache-2.0
// A network's layers, shapes and counts as text: what `neuralpower inspect` prints.
#pragma once

#include <string>

#include "neuralpower/network/fusion.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// With the groups that were fused, if any were.
std::string render_network(const FusedNetwork& fused, const RenderOptions& options);

}  // namespace neuralpower
