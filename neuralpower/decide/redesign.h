// SPDX-License-Identifier: Apache-2.0
// Redesigning a network: other operations in some places, and every shape behind them anew.
//
// Shapes follow from layer to layer as the importers have them; a depthwise convolution takes as
// many channels as it gets. Where they cannot (channels that are added to others of another number,
// a reshape to fixed sizes, a matrix product of two activations), there is no such network.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "neuralpower/network/network.h"

namespace neuralpower {

// What stands in a layer's place: operations of one input each, in order; none: the layer goes.
using Replacements = std::map<std::size_t, std::vector<Op>>;

// Nothing if shapes do not fit, or an output of the network would change its shape. Parameters
// (weights, biases where the layer had them) are counted anew.
std::optional<Network> redesign(const Network& network, const Replacements& replacements);

// The network with the outputs of every layer that has weights, but the last, times `width`: to the
// nearest multiple of 8, or the nearest number below 16. Depthwise convolutions follow.
std::optional<Network> widened(const Network& network, double width);

// True for a convolution of as many groups as channels.
bool is_depthwise(const Layer& layer);

}  // namespace neuralpower
