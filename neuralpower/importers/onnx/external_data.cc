// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/external_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/onnx/wire.h"

namespace neuralpower::onnx {
namespace {

struct Place {
  std::string location;
  std::int64_t offset = 0;
};

Place read_place(Bytes bytes) {
  return reading([&] {
    Place place;
    Message message(bytes);
    while (message.next()) {
      if (message.field() != 13) {
        message.skip();
        continue;
      }
      std::string_view key, value;
      Message entry(message.bytes());
      while (entry.next()) {
        if (entry.field() == 1) {
          key = entry.bytes();
        } else if (entry.field() == 2) {
          value = entry.bytes();
        } else {
          entry.skip();
        }
      }
      if (key == "location") place.location = value;
      if (key == "offset") {
        const auto offset = parse_int(value);
        if (!offset || *offset < 0) throw bad_input("external data has an impossible offset");
        place.offset = *offset;
      }
    }
    return place;
  });
}

// True for a relative path that never climbs and holds no zero byte.
bool stays_inside(const std::string& location) {
  const std::filesystem::path path(location);
  if (location.empty() || location.find('\0') != std::string::npos || path.is_absolute())
    return false;
  for (const auto& part : path)
    if (part == "..") return false;
  return true;
}

struct FileDescriptor {
  int number = -1;
  ~FileDescriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

std::optional<std::string> read_external_data(Bytes message, const std::filesystem::path& folder,
                                              std::size_t size) {
  const Place place = read_place(message);
  if (!stays_inside(place.location))
    throw bad_input("external data '" + place.location + "' lies outside the model's folder");
  // A link inside the folder could still lead out of it.
  std::error_code failure;
  const auto root = std::filesystem::canonical(folder.empty() ? "." : folder, failure);
  if (failure) return std::nullopt;
  const auto target = std::filesystem::canonical(root / place.location, failure);
  if (failure) return std::nullopt;
  const auto inside = target.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..")
    throw bad_input("external data '" + place.location + "' lies outside the model's folder");
  // Asked before it is opened, as opening a device can already do something, and again after.
  if (!std::filesystem::is_regular_file(target, failure))
    throw bad_input("external data '" + place.location + "' is not a regular file");
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const FileDescriptor file{::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode))
    throw bad_input("external data '" + place.location + "' is not a regular file");
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file.number, bytes.data() + done, size - done,
                                place.offset + static_cast<off_t>(done));
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace neuralpower::onnx
