// SPDX-License-Identifier: Apache-2.0
// NVIDIA GPUs through cuDNN and cuBLASLt, loaded at run time (libraries.h).
//
// Times are the device's own, by events on its stream; side_measurements() replays executions as
// one CUDA graph, which leaves out the gaps between launches. Layers measured alone cycle through
// copies of their data as CachePolicy says, the weights through at least twice the GPU's L2.
// Nothing about the card is ever changed: no clocks, no power limits.
#pragma once

#include <memory>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

// Error (environment): no GPU, no driver, or a library is missing. Error (usage): no such
// algorithm.
std::unique_ptr<Backend> make_cudnn_backend(const BackendOptions& options);

}  // namespace neuralpower
