// SPDX-License-Identifier: Apache-2.0
// The product of two tensors by NumPy's rules (the last two axes are matrices, those before them
// broadcast), as a FullyConnected layer where one side is constant, else as a MatMul.
#pragma once

#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {

// Error if the sizes do not fit.
Translation matrix_product(const NodeView& node, const Shape& a, const Shape& b, bool a_constant,
                           bool b_constant, DataType dtype);

}  // namespace neuralpower::onnx
