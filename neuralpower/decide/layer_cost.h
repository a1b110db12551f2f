// SPDX-License-Identifier: Apache-2.0
// LayerCost: what one layer of a predicted network adds to a run of it.
#pragma once

#include <string>

#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

struct LayerCost {
  std::string layer;  // its text (network/layer_text.h)
  Estimate<Seconds> runtime{};
  Estimate<Joules> energy{};  // 0 where it is not known
};

}  // namespace neuralpower
