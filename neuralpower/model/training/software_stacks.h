// SPDX-License-Identifier: Apache-2.0
// What is known of software stacks beforehand: the rules by which they fuse and lay out networks.
// Training copies them into the device model, where they are data that anybody may change.
#pragma once

#include <string_view>
#include <vector>

#include "neuralpower/model/device_model.h"

namespace neuralpower {

// Of the stack that a sample's `software` begins with; nothing if it is not known, or if the
// samples were taken with fusion switched off.
struct StackRules {
  std::vector<std::string> fusion;
  std::vector<LayoutRule> layout;
};
StackRules rules_of_software(std::string_view software);

}  // namespace neuralpower
