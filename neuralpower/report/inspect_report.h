// SPDX-License-Identifier: Apache-2.0
// A network's layers, shapes and counts as text: what `neuralpower inspect` prints.
#pragma once

#include <string>

#include "neuralpower/network/network.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_network(const Network& network, const RenderOptions& options);

}  // namespace neuralpower
