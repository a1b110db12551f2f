// SPDX-License-Identifier: Apache-2.0
// A file's bytes without reading them: a read-only memory map. Only the pages that are looked at
// take memory, so a model's weights cost nothing.
//
// Error for what is not a regular file: a pipe would block, a device might never end.
#pragma once

#include <filesystem>
#include <string_view>

namespace neuralpower::onnx {

class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(start_), size_}; }

  // Gives back the pages looked at so far; the next look brings them in again.
  void release_pages() const;

 private:
  void* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace neuralpower::onnx
