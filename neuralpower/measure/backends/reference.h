// SPDX-License-Identifier: Apache-2.0
// The naive reference: what a layer must compute, in loops that can be read. Every back-end is
// held against it on random layers before any of its timings counts.
//
// Order of LayerValues::weights, all row-major:
//   conv, deconv  weights [groups][out/groups][in/groups][kh][kw], bias [out]
//   fc            weights [out][inputs], bias [out]
//   norm batch    mean, variance, scale, shift [channels]
//   norm layer    scale, shift [last axis]
//   norm rms      scale [last axis]
//   norm group, instance   scale, shift [channels] (group without a size: 32)
//   activation prelu       slope [channels]
//   embedding     table [rows][width]; the input holds the numbers of rows
//   recurrent     of the input [directions][inputs][gates][hidden],
//                 of the state [directions][hidden][gates][hidden],
//                 bias [directions][gates][hidden]; gates of an LSTM: input, forget, cell, output;
//                 of a GRU: update, reset, new, and a fourth bias for the state's part of the new
// Parameters that the layer text does not have: epsilon 1e-5; lrn alpha 1e-4, beta 0.75, k 1;
// leaky_relu 0.01; elu and celu 1; hard_sigmoid x / 6 + 1/2; clip to [0, 6]; pow 2. Average pooling
// does not count padding. `where` takes its second input where the first is positive.
// Element-wise broadcast operands have one value per channel (axis 1) and come last.
#pragma once

#include <optional>
#include <vector>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

// The output computed in double from the inputs and weights of `values`; nothing for a layer that
// the reference does not know, or whose text leaves its result open (which axes a transpose swaps).
std::optional<std::vector<double>> reference_output(const LayerConfig& config,
                                                    const LayerValues& values);

}  // namespace neuralpower
