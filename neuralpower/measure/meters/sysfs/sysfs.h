// SPDX-License-Identifier: Apache-2.0
// Numbers and words that the kernel shows as files of one line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace neuralpower {

// The file's first line without blanks around it; nothing if it cannot be read.
std::optional<std::string> read_line(const std::filesystem::path& file);

// The whole number in the file; nothing if it cannot be read or is none.
std::optional<std::int64_t> read_whole(const std::filesystem::path& file);

// As read_whole, for a sensor that was there before: Error (environment) that names the file.
std::int64_t read_sensor(const std::filesystem::path& file);

// True if the file is there but may not be read by this process.
bool is_forbidden(const std::filesystem::path& file);

}  // namespace neuralpower
