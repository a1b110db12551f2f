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

void write_file_atomically(const std::filesystem::path& named, std::string_view content) {
  // Pipes and devices are written to, not replaced. Of standard output the descriptor itself: its
  // name may lead to a file that is open already.
  const int standard = named == "/dev/stdout" ? 1 : named == "/dev/stderr" ? 2 : -1;
  struct stat status {};
  const bool in_place = standard >= 0 || (stat(named.c_str(), &status) == 0 &&
                                          !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
  // A link stays a link: what it leads to is replaced.
  std::error_code failure;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(named, failure);
  const std::filesystem::path& file = failure ? named : resolved;
  const std::string draft = file.string() + ".part" + std::to_string(getpid());

  Descriptor out{standard >= 0 ? dup(standard)
                 : in_place    ? open(named.c_str(), O_WRONLY | O_CLOEXEC)
                            : open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  const auto fail = [&](const std::string& what) {
    const std::string why = strerror(errno);
    if (!in_place) unlink(draft.c_str());
    throw located(environment_error(what + ": " + why), named);
  };
  if (out.fd < 0) fail("cannot be written");
  while (!content.empty()) {
    const ssize_t put = write(out.fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("writing failed");
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (!in_place && fsync(out.fd) != 0) fail("writing failed");
  const int fd = out.fd;
  out.fd = -1;
  if (close(fd) != 0) fail("writing failed");
  if (!in_place && rename(draft.c_str(), file.c_str()) != 0) fail("cannot be replaced");
}

}  // namespace neuralpower
