// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/layer_limit.h"

#include <fmt/format.h>

#include "neuralpower/base/error.h"

namespace neuralpower {

void check_layer_count(const Network& network, std::string_view what,
                       const std::filesystem::path& file) {
  if (network.layers.size() <= kMostDecidedLayers) return;
  throw bad_input(fmt::format("has {} layers; {} looks at networks of up to {}; use predict",
                              network.layers.size(), what, kMostDecidedLayers))
      .in_file(file.string());
}

}  // namespace neuralpower
