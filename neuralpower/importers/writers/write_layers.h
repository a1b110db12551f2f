// SPDX-License-Identifier: Apache-2.0
// Writes a network as a layer list (importers/layers/layer_list.h): every line complete, with its
// batch and input shapes, so that a reader of one line needs no other.
//
// Reading it back gives the same layers: operation, shapes, edges, parameters, name. What a layer
// list cannot hold: the names of single outputs (they take the layer's), the file's own names of
// operations, and two layers of one name (the second gets a number).
#pragma once

#include <ostream>

#include "neuralpower/network/network.h"

namespace neuralpower {

void write_layers(std::ostream& out, const Network& network);

}  // namespace neuralpower
