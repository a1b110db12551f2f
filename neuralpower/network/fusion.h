// SPDX-License-Identifier: Apache-2.0
// Semantic layers: patterns that exporters split into many small operations, seen as the one layer
// they are.
//
//   gelu        x/a, erf, +1, times x, times 1/2; also the tanh form
//   silu        x times sigmoid(x)
//   hard_swish  x times clip(x + 3) / 6, or times hard_sigmoid(x)
//   layer_norm  x minus its mean, over the root of its variance, times scale, plus shift; rms_norm
//   attention   Q times K^T, scaled, masked, softmax, times V, with the transpose of K
//   channel_shuffle  reshape into groups, swap, reshape back
//
// A pattern is only taken if nobody else reads what is inside it. The fused layer has the members'
// parameters and takes the place of the last of them; its work is counted as work.h counts the
// layer that it is. Recognised by structure: constants such as 0.5 are not in a Network.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/network.h"

namespace neuralpower {

struct FusedGroup {
  std::string layer;                 // the fused layer's name: that of its last member
  std::string pattern;               // "gelu", "layer_norm", "conv+relu", ...
  std::vector<std::string> members;  // names of the layers that it stands for, in order
};

struct FusedNetwork {
  Network network;
  std::vector<FusedGroup> groups;
  std::vector<FusedGroup> blocks;  // seen, but still the layers that they are (blocks.h)
};

FusedNetwork fuse_patterns(const Network& network);

// The same for some patterns only, by their names.
FusedNetwork fuse_patterns(const Network& network, const std::set<std::string>& only);

// All patterns, but none that a layer of these names is part of.
FusedNetwork fuse_patterns_apart_from(const Network& network, const std::set<std::string>& layers);

// True for the names of patterns.
bool is_pattern(std::string_view name);

}  // namespace neuralpower
