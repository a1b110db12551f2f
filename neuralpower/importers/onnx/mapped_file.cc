// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "neuralpower/base/error.h"

namespace neuralpower::onnx {

MappedFile::MappedFile(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw bad_input(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (regular && status.st_size > 0) {
    size_ = static_cast<std::size_t>(status.st_size);
    start_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  }
  ::close(descriptor);
  if (!regular) throw bad_input("is not a regular file");
  if (start_ == MAP_FAILED) throw environment_error("the file cannot be mapped into memory");
  // Steps over weights jump from page to page: reading ahead would only bring in weights.
  if (size_ > (std::size_t{16} << 20)) ::madvise(start_, size_, MADV_RANDOM);
}

MappedFile::~MappedFile() {
  if (start_ != nullptr) ::munmap(start_, size_);
}

void MappedFile::release_pages() const {
  if (start_ != nullptr) ::madvise(start_, size_, MADV_DONTNEED);
}

}  // namespace neuralpower::onnx
