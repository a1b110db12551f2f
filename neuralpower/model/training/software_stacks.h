// SPDX-License-Identifier: Apache-2.0
// What is known of software stacks beforehand: the rules by which they fuse and lay out networks.
// Training copies them into the device model, where they are data that anybody may change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/model/device_model.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Of the stack that a sample's `software` begins with; nothing if it is not known, or if the
// samples were taken with fusion switched off.
struct StackRules {
  std::vector<std::string> fusion;
  std::vector<LayoutRule> layout;
};
StackRules rules_of_software(std::string_view software);

// A run with its stack's fusion switched off takes other kernels and layouts for the same layers.
// Where samples of both kinds of run of a stack are there, those not fused are left out, as the
// fused ones are what the stack does by itself.
struct KeptSamples {
  std::vector<Sample> samples;
  std::string left_out;  // a sentence on how many and what to do; empty: none
};
KeptSamples keep_one_kind_of_run(std::vector<Sample> samples);

}  // namespace neuralpower
