// SPDX-License-Identifier: Apache-2.0
// The arithmetic that files do on shapes, done at import: Shape, Gather, Concat and their kin on
// small tensors whose elements are known.
//
// Only nodes whose inputs are all constant (or that ask for a shape) are folded, and only up to
// kMaxContent elements; what cannot be folded keeps its shape and becomes a constant without known
// elements.
#pragma once

#include <vector>

#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {

// The elements of the node's outputs in the order of `translation.outputs`; a nullptr for each that
// is not known, an empty list if none is. Error for arithmetic that has no result: a division by
// zero, an overflow, an index outside its tensor.
std::vector<ContentPtr> fold(const NodeView& node, const Translation& translation);

}  // namespace neuralpower::onnx
