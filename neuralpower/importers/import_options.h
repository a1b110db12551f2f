// SPDX-License-Identifier: Apache-2.0
// What every importer may be told about the file it reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "neuralpower/network/shape.h"

namespace neuralpower {

// A layer that a file has and the network has not, as it takes no part in inference: "loss", of
// type "EuclideanLoss", "only training needs it".
struct SkippedLayer {
  std::string name, type, reason;
};

struct ImportOptions {
  // Batch size to import with; none: what the file says, 1 where it leaves it open.
  std::optional<std::int64_t> batch;
  // Whole input shapes (batch first) by the name of the network's input.
  std::map<std::string, Shape> shapes;
  // Is told of each layer that is left out, in the file's order.
  std::function<void(const SkippedLayer&)> on_skipped;
};

}  // namespace neuralpower
