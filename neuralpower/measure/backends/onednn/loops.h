// SPDX-License-Identifier: Apache-2.0
// What oneDNN has no primitive for, as a framework on top of it runs it: in loops of its own over
// row-major cells, with oneDNN's sgemm for the products.
#pragma once

#include <optional>
#include <string>

#include "neuralpower/measure/backends/plain/kernels.h"

namespace neuralpower::onednn {

// Nothing for layers that have no loops either, and for those whose algorithm is part of this
// back-end's conditions (convolutions and fully connected layers). `reason` is oneDNN's; it becomes
// part of the implementation's name.
std::optional<plain::Kernel> loops_instead(const LayerConfig& config, const std::string& reason);

}  // namespace neuralpower::onednn
