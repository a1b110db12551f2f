// SPDX-License-Identifier: Apache-2.0
// Reshape targets with the exported batch size baked in.
//
// PyTorch writes `x.view(x.size(0), -1)` of a fixed-size export as the constant target [1, -1].
// Imported with batch 8, that target would pour the batch into the features. The importer therefore
// first works out all shapes at the file's own batch size; a Reshape whose target is the same
// numbers at both sizes does not follow the batch by itself, and the axis of its output that holds
// the batch in row-major order is made to grow with it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "neuralpower/network/shape.h"

namespace neuralpower::onnx {

// The output of a Reshape when its input grows from `base_input` to `input` along one axis, given
// the output at the old size and the target's numbers (-1: inferred, 0: kept). Nothing if the input
// differs along several axes or no axis of the output can take the growth.
std::optional<Shape> rescaled_reshape(const Shape& base_input, const Shape& input,
                                      const Shape& base_output,
                                      const std::vector<std::int64_t>& target,
                                      std::int64_t file_batch);

}  // namespace neuralpower::onnx
