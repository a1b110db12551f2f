// SPDX-License-Identifier: Apache-2.0
// The names that a profile's node may have had in the network's file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

// The name itself, then without what tools append: "_nchwc" behind the name of a tensor,
// "/MatMulAddFusion", "_token_17", the running number of a copy. Most telling first.
std::vector<std::string> possible_names(std::string_view name);

}  // namespace neuralpower
