// SPDX-License-Identifier: Apache-2.0
// How large a network may be that is predicted again and again, or drawn layer by layer on a page.
// No network that people run comes near; a file that claims such a one must not take minutes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "neuralpower/network/network.h"

namespace neuralpower {

inline constexpr std::size_t kMostDecidedLayers = 20'000;

// Error (bad input) if the network, read of `file`, has more layers; `what` looks at it: "sweep".
void check_layer_count(const Network& network, std::string_view what,
                       const std::filesystem::path& file);

}  // namespace neuralpower
