// SPDX-License-Identifier: Apache-2.0
// The shape of what a layer computes. One of the three places that know each operation.
#pragma once

#include <vector>

#include "neuralpower/network/layer_config.h"

namespace neuralpower {

// The main output's shape (batch first), or an Error that names the parameter that does not fit:
// zero strides, groups that do not divide, kernels larger than the padded input, wrong ranks,
// overflowing products. UnsupportedOp has no shape: Error.
Shape output_shape(const LayerConfig& config);

// Extent of a sliding window's output: floor((in + before + after - ((k-1) d + 1)) / stride) + 1,
// or rounded up without a window that starts in the padding behind the input (`ceil_mode`, as
// PyTorch and Caffe do). Error if no window fits.
std::int64_t window_output(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                           std::int64_t before, std::int64_t after, std::int64_t dilation,
                           bool ceil_mode = false);

}  // namespace neuralpower
