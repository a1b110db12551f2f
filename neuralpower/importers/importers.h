// SPDX-License-Identifier: Apache-2.0
// The table of file formats: picks the importer for a file and reads the network.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

struct Format {
  std::string_view name;        // "onnx"
  std::string_view extensions;  // ".onnx" or ".prototxt .caffe", blank-separated
  std::string_view what;        // one line for the help text
  Network (*import)(const std::filesystem::path& file, const ImportOptions& options);
};

// All formats, in the order in which they are tried.
std::span<const Format> formats();

// Reads a network file. Error with file (and node) for everything that is broken; a layer that is
// merely unknown becomes UnsupportedOp.
Network import_network(const std::filesystem::path& file, const ImportOptions& options = {});

}  // namespace neuralpower
