// SPDX-License-Identifier: Apache-2.0
// Work: the operations a layer must do and the bytes it must move. One of the three places that
// know each operation.
//
// Definitions. `macs`: multiply-accumulates of convolutions, matrix products and recurrent cells,
// with their zero padding (taps that fall on padding count). `flops`: floating-point operations:
// two for each multiply-accumulate, biases excluded, plus the element-wise work below; a function
// of one element (relu, exp) is one operation however long the instruction sequence behind it.
//   pooling        one per window element and output        elementwise  inputs - 1 per element
//   batch norm     2 per element (folded scale and shift)   softmax      5 per element
//   layer, group, instance, rms norm  7 per element         lrn          2 size + 2 per element
//   activation     1 per element                            reduction    1 per input element
// Steps fused into a layer (`post`) count as the layers they were, but what is between them and the
// layer is neither written nor read: an add or mul reads its other operand only.
// Bytes: each input read once, each output written once, weights read once, at the data type's
// size.
#pragma once

#include <cstdint>

#include "neuralpower/network/layer_config.h"

namespace neuralpower {

struct Work {
  std::int64_t macs = 0;
  std::int64_t flops = 0;
  std::int64_t weights = 0;       // elements of the main weights (no biases)
  std::int64_t input_bytes = 0;   // activations in
  std::int64_t output_bytes = 0;  // activations out
  std::int64_t weight_bytes = 0;

  std::int64_t bytes() const { return input_bytes + output_bytes + weight_bytes; }
};

// Error if a number exceeds 2^63 or the shapes do not fit. UnsupportedOp: all zero.
Work count_work(const LayerConfig& config);

}  // namespace neuralpower
