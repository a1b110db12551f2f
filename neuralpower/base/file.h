// SPDX-License-Identifier: Apache-2.0
// Whole files in and out, with errors that name them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace neuralpower {

// The content of a regular file. Error (bad input) if there is none, it is a folder, pipe or
// device, cannot be read, or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& file,
                      std::size_t limit = std::size_t{256} << 20);

// Writes beside the file and renames over it. Error (environment) if folder, permission or disk
// space are missing; then the old file is as it was. A symbolic link stays, and what it leads to is
// replaced; pipes and devices are written to as they are.
void write_file_atomically(const std::filesystem::path& named, std::string_view content);

}  // namespace neuralpower
