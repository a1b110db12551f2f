// SPDX-License-Identifier: Apache-2.0
// Elements of a tensor that the model keeps in another file. Read only where a shape depends on
// them, and only from a regular file inside the model's own folder: a model is not to make its
// reader open /etc/passwd, a device or a pipe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

// Exactly `size` bytes of the tensor whose TensorProto is `message`. Nothing if the file is absent
// (a model handed on without its weights) or too short; Error if the location leaves the folder or
// is no regular file.
std::optional<std::string> read_external_data(Bytes message, const std::filesystem::path& folder,
                                              std::size_t size);

}  // namespace neuralpower::onnx
