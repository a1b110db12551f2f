// SPDX-License-Identifier: Apache-2.0
// Reads ONNX files (opset 7 and later, with or without weights, with external data or functions)
// into a Network with every shape inferred. Weights are never read; what is read is bounded by the
// file's size times a small constant, in linear time.
//
// Error, with the node, for what is broken; an operation nobody here knows becomes UnsupportedOp.
#pragma once

#include <filesystem>
#include <string_view>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

Network import_onnx(const std::filesystem::path& file, const ImportOptions& options);

// The same from memory; external data is never read.
Network import_onnx_bytes(std::string_view bytes, std::string_view name,
                          const ImportOptions& options);

}  // namespace neuralpower
