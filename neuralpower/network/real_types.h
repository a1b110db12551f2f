// SPDX-License-Identifier: Apache-2.0
// Which data types hold real numbers, as opposed to integers and truth values.
#pragma once

#include "neuralpower/network/shape.h"

namespace neuralpower {

constexpr bool is_real(DataType type) {
  switch (type) {
    case DataType::kF32:
    case DataType::kF16:
    case DataType::kBF16:
    case DataType::kTF32:
    case DataType::kF64:
      return true;
    default:
      return false;
  }
}

}  // namespace neuralpower
