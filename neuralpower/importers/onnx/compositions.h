// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft that are several layers in one node (what ONNX Runtime's optimiser
// writes for transformers), as functions of ONNX's own operators:
//
//   Attention                a product with the weights of Q, K and V, a bias, and attention
//   MultiHeadAttention       attention of separate Q, K and V
//   EmbedLayerNormalization  rows of three tables, added and normalised
#pragma once

#include <vector>

#include "neuralpower/importers/onnx/node_view.h"

namespace neuralpower::onnx {

// nullptr if the node is none of them or uses what the functions do not have: cached keys and
// values, packed inputs, heads of different width.
const FunctionProto* find_composition(const NodeProto& node,
                                      const std::vector<TensorState*>& inputs,
                                      const Attributes& attributes);

}  // namespace neuralpower::onnx
