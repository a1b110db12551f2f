// SPDX-License-Identifier: Apache-2.0
// The layers of a prototxt, in either generation of the syntax:
// `layer { type: "InnerProduct" }` (V2) and `layers { type: INNER_PRODUCT }` (V1).
#pragma once

#include <string>
#include <vector>

#include "neuralpower/importers/caffe/text_format.h"

namespace neuralpower {

struct CaffeLayer {
  std::string name;
  std::string type;  // as V2 calls it
  std::vector<std::string> bottoms, tops;
  const TextMessage* body = nullptr;  // points into the parsed file
  bool takes_part = true;             // at test time

  // A message of parameters; an empty one if the file has none.
  const TextMessage& params(std::string_view name) const;
};

// All layers; `takes_part` tells those whose include and exclude rules let them into a network of
// phase TEST, level 0, without stages. Error for the syntax before V1.
std::vector<CaffeLayer> caffe_layers(const TextMessage& net);

}  // namespace neuralpower
