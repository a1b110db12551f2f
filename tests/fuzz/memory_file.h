// SPDX-License-Identifier: Apache-2.0
// A file in memory that has a path, for readers that want one.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "neuralpower/base/error.h"

namespace neuralpower {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : number_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (number_ < 0 || ::write(number_, bytes.data(), bytes.size()) < 0) std::abort();
  }
  ~MemoryFile() { ::close(number_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

// Runs `read`, which may refuse what it is given with an Error, but in no other way.
template <typename Read>
void refused_or(Read read) {
  try {
    read();
  } catch (const Error&) {
  }
}

}  // namespace neuralpower
