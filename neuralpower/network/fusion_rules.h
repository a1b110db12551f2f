// SPDX-License-Identifier: Apache-2.0
// FusionRules: what a software stack runs as one, as data (texts of a device model).
//
//   "gelu" "silu" "hard_swish" "hard_sigmoid" "layer_norm" "rms_norm" "attention"
//   "channel_shuffle"     patterns of fusion.h that the stack recognises
//   "constants"           layers that read no activation are computed once, when a model is loaded
//   "slices"              slices that together are all of a tensor run as one split
//   "conv+add+relu"       an operation and what runs inside it, in this order; "conv+add" alone is
//                         meant too. Steps: activation modes, add, mul, norm
//   "conv+(norm.batch)"   in parentheses: folded into the weights before the first step, costs
//                         nothing. "bias" and "scale" stand for an add or mul of a small constant
//   "(pad)+conv"          folded into the operation that follows it; an add in front becomes a step
//
// Operations are named by their kind, those with modes by the mode ("relu", "transpose", "add") or
// by both ("norm.batch"). A chain is only taken where nobody else reads what is inside it. The unit
// keeps the operation's configuration with its steps in `post`, the members' parameters, and the
// place of the last member.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "neuralpower/network/fusion.h"

namespace neuralpower {

struct FusionRules {
  std::set<std::string> patterns;
  bool constants = false, slices = false;
  std::set<std::string> chains;                         // "conv+add": every prefix of a rule
  std::map<std::string, std::set<std::string>> folded;  // behind an operation
  std::map<std::string, std::set<std::string>> led_by;  // in front of an operation

  // Error (bad input) that quotes a rule it cannot read.
  static FusionRules parse(const std::vector<std::string>& texts);
};

// The name of a layer in rules.
std::string rule_word(const LayerConfig& config);

// The rule that would make this unit of its main operation: "conv+add+relu"; the word alone if
// nothing is fused.
std::string chain_of(const LayerConfig& config);

// The step's name in rules and in layer texts.
std::string step_word(const PostOp& step);

// A name that says what is in a unit without saying a common folder twice:
// "/layer1/conv1/Conv" and "/layer1/relu/Relu" make "/layer1/conv1/Conv+relu/Relu".
std::string joined_name(const std::string& unit, const std::string& member);

// The network as the stack runs it. Groups tell what became of each layer.
FusedNetwork apply_fusion(const Network& network, const FusionRules& rules);

}  // namespace neuralpower
