// SPDX-License-Identifier: Apache-2.0
// A network as a device model's software stack runs it: fused by its rules, with the changes of
// layout that it inserts.
//
// Some stacks run part of a network in a blocked layout and reorder tensors where that part begins
// and ends. A LayoutRule names layers that run blocked: those that read plain tensors and write
// blocked ones ("plain"), those that read blocked ones ("blocked"), and those that run blocked only
// if all their inputs are so already ("same"). All other layers read and write plain tensors.
#pragma once

#include "neuralpower/model/device_model.h"
#include "neuralpower/network/fusion.h"

namespace neuralpower {

// Groups tell what was fused; layers of the operation "reorder" are the changes of layout. Error
// (bad input) for rules that do not parse.
FusedNetwork run_as_stack(const Network& network, const DeviceModel& model);

// The variant of its kind that a layer is, where kinds have kernels that differ as much as other
// kinds do: of convolutions "dense", "depthwise" and "grouped", followed by ", plain" where they
// run outside the blocked layout of a stack that has one. Empty for kinds without variants.
std::string variant_of(const LayerConfig& config, const std::vector<LayoutRule>& layout);

}  // namespace neuralpower
