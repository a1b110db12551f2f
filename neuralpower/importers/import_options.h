// SPDX-License-Identifier: Apache-2.0
// What every importer may be told about the file it reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "neuralpower/network/shape.h"

namespace neuralpower {

struct ImportOptions {
  // Batch size to import with; none: what the file says, 1 where it leaves it open.
  std::optional<std::int64_t> batch;
  // Whole input shapes (batch first) by the name of the network's input.
  std::map<std::string, Shape> shapes;
};

}  // namespace neuralpower
