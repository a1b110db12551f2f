// SPDX-License-Identifier: Apache-2.0
// A network's layers, shapes and counts as text: what `neuralpower inspect` prints.
#pragma once

#include <iosfwd>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/fusion.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// With the groups that were fused, and the layers that the importer left out, if there are any.
// Error (bad input) before anything is written where the counts do not fit 64 bits.
void write_network(std::ostream& out, const FusedNetwork& fused, const RenderOptions& options,
                   const std::vector<SkippedLayer>& skipped = {});

}  // namespace neuralpower
