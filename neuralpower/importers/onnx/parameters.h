// SPDX-License-Identifier: Apache-2.0
// Learned parameters of layers. The rules: floating-point initializers (integer ones too behind
// quantised operators) that a layer reads as data count with all their elements, once, at the first
// layer that uses them, also where constants (a transposed weight, an expanded class token) stand
// in between. An Identity of an initializer is another parameter, of equal value: that is how
// PyTorch writes it. Not counted: running statistics of a batch norm, scales and zero points,
// settings such as bounds and axes, single numbers without dimensions, and literals (Constant
// nodes): of one element or one value always, others where the file has floating-point
// initializers. Where it has none, as exports of frozen modules, its Constant nodes are the
// parameters.
#pragma once

#include <cstdint>

#include "neuralpower/importers/onnx/node_view.h"

namespace neuralpower::onnx {

// Elements of the not yet counted parameters behind a constant; marks them as counted.
std::int64_t count_parameters(TensorState& constant, bool integers_learned);

}  // namespace neuralpower::onnx
