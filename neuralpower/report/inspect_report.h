// SPDX-License-Identifier: Apache-2.0
// A network's layers, shapes and counts as text: what `neuralpower inspect` prints.
#pragma once

#include <iosfwd>

#include "neuralpower/network/fusion.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// With the groups that were fused, if any were. Error (bad input) before anything is written where
// the counts do not fit 64 bits.
void write_network(std::ostream& out, const FusedNetwork& fused, const RenderOptions& options);

}  // namespace neuralpower
