// SPDX-License-Identifier: Apache-2.0
// Slices that together are all of a tensor, as the one split that some stacks make of them: the
// query, key and value of a product, the halves of a channel split, the parts of a roll.
//
// Layers count that slice (or, with a single index, gather) one activation along one axis, if what
// they take adds up to that axis once. The split takes the place of the first and writes what they
// wrote.
#pragma once

#include "neuralpower/network/fusion.h"

namespace neuralpower {

// Joins them, and adds a group of the pattern "slices" for each split.
FusedNetwork join_slices(FusedNetwork fused);

}  // namespace neuralpower
