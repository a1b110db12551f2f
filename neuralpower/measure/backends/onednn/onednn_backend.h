// SPDX-License-Identifier: Apache-2.0
// The CPU back-end on oneDNN: layers alone, and whole networks with layouts handed from layer to
// layer as an inference engine does it.
//
// Layouts are those that oneDNN prefers ("any"), weights are packed beforehand, every layer is a
// primitive of its own unless its configuration says what is fused behind it. In a network the
// steps share an arena of buffers, and a reorder stands where two layers disagree.
#pragma once

#include <memory>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

// Error (environment) if the library cannot start.
std::unique_ptr<Backend> make_onednn_backend(const BackendOptions& options);

}  // namespace neuralpower
