// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

Error located(Error error, const std::filesystem::path& file) {
  return error.in_file(file.string());
}

// Closes on every way out.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

std::string read_file(const std::filesystem::path& file, std::size_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const Descriptor in{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0)
    throw located(bad_input(errno == ENOENT ? "no such file"
                                            : "cannot be opened: " + std::string(strerror(errno))),
                  file);
  struct stat status {};
  if (fstat(in.fd, &status) != 0 || !S_ISREG(status.st_mode))
    throw located(bad_input("not a regular file"), file);
  if (static_cast<std::size_t>(status.st_size) > limit)
    throw located(bad_input("larger than " + std::to_string(limit >> 20) + " MiB"), file);
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = read(in.fd, content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw located(environment_error("reading failed: " + std::string(strerror(errno))), file);
    if (got == 0) break;  // it shrank meanwhile
    done += static_cast<std::size_t>(got);
  }
  content.resize(done);
  return content;
}

void write_file_atomically(const std::filesystem::path& file, std::string_view content) {
  const std::string draft = file.string() + ".part" + std::to_string(getpid());
  const auto fail = [&](const std::string& what) {
    const std::string why = strerror(errno);
    unlink(draft.c_str());
    throw located(environment_error(what + ": " + why), file);
  };
  Descriptor out{open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (out.fd < 0) fail("cannot be written");
  while (!content.empty()) {
    const ssize_t put = write(out.fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("writing failed");
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (fsync(out.fd) != 0) fail("writing failed");
  const int fd = out.fd;
  out.fd = -1;
  if (close(fd) != 0) fail("writing failed");
  if (rename(draft.c_str(), file.c_str()) != 0) fail("cannot be replaced");
}

}  // namespace neuralpower
