// SPDX-License-Identifier: Apache-2.0
// Kernels that move data and compute nothing: rows of a table by index, padding, resizing. A layer
// text does not say which rows or how much on which side: they are spread over the whole input, and
// padding is the same on both sides. Part of kernels.cc; see kernels.h.
#pragma once

#include "neuralpower/measure/backends/plain/kernels.h"
#include "neuralpower/network/op.h"

namespace neuralpower::plain {

// gather, pad, roll, resize (to the nearest neighbour) and cast; of the others a Skip.
std::variant<Kernel, Skip> movement_kernel(const DataMovement& op, const Shape& in, DataType type);

// The input holds the rows' numbers, each a float.
Kernel embedding_kernel(const Embedding& op, const Shape& in);

}  // namespace neuralpower::plain
