// SPDX-License-Identifier: Apache-2.0
// A file read as a stream, unpacked on the way if it is gzip. Memory is one buffer.
#pragma once

#include <filesystem>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

namespace neuralpower {

class CompressedFile : public std::streambuf {
 public:
  // Error (bad input) if the file cannot be opened, later if it is broken or longer than `limit`
  // bytes when unpacked.
  explicit CompressedFile(const std::filesystem::path& file, std::size_t limit);
  ~CompressedFile() override;
  CompressedFile(const CompressedFile&) = delete;
  CompressedFile& operator=(const CompressedFile&) = delete;

  // The first bytes, at most a buffer full, without taking them.
  std::string_view beginning();

 protected:
  int_type underflow() override;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::vector<char> buffer_;
  std::size_t limit_, taken_ = 0;
};

}  // namespace neuralpower
