// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/compressed_file.h"

#include <zlib.h>

#include "neuralpower/base/error.h"

namespace neuralpower {

struct CompressedFile::Handle {
  gzFile file = nullptr;
  ~Handle() {
    if (file) gzclose(file);
  }
};

CompressedFile::CompressedFile(const std::filesystem::path& file, std::size_t limit)
    : handle_(std::make_unique<Handle>()), buffer_(std::size_t{1} << 16), limit_(limit) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw bad_input("no such file");
  if (!std::filesystem::is_regular_file(file, ignored)) throw bad_input("not a regular file");
  handle_->file = gzopen(file.c_str(), "rb");
  if (!handle_->file) throw bad_input("cannot be opened for reading");
}

CompressedFile::~CompressedFile() = default;

std::string_view CompressedFile::beginning() {
  if (gptr() == egptr()) underflow();
  return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
}

CompressedFile::int_type CompressedFile::underflow() {
  if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
  const int count = gzread(handle_->file, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int code = Z_OK;
  const char* why = gzerror(handle_->file, &code);
  if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
    throw bad_input(std::string("the gzip data is broken or cut off (") + why + ")");
  if (count == 0) return traits_type::eof();
  taken_ += static_cast<std::size_t>(count);
  if (taken_ > limit_)
    throw bad_input("longer than " + std::to_string(limit_ >> 20) + " MiB; give fewer runs");
  setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
  return traits_type::to_int_type(*gptr());
}

}  // namespace neuralpower
