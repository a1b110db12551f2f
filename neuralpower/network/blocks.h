// SPDX-License-Identifier: Apache-2.0
// Blocks: groups of layers that have a name among people but are no one layer. They stay the layers
// that they are; fusion.h has those that become one.
//
//   squeeze-excite  x averaged over its plane, through two or more 1x1 layers into a gate (sigmoid
//                   or hard sigmoid) that x is multiplied with (Hu et al., CVPR 2018)
//
// A block is only seen if nobody else reads what is inside it, x itself apart. Recognised by
// structure, best in a network whose split activations are fused already.
#pragma once

#include <vector>

#include "neuralpower/network/fusion.h"

namespace neuralpower {

// In the order of their last layers; `layer` is the name of the product.
std::vector<FusedGroup> find_blocks(const Network& network);

}  // namespace neuralpower
