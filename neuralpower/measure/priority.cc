// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/priority.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace neuralpower {
namespace {

// The error number of the first thread that refused, or 0.
int schedule_all_threads(int policy, int priority) {
  sched_param parameters{};
  parameters.sched_priority = priority;
  int failed = 0;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const auto id = static_cast<pid_t>(std::atoi(thread.path().filename().c_str()));
    if (sched_setscheduler(id, policy, &parameters) != 0 && failed == 0) failed = errno;
  }
  return error ? error.value() : failed;
}

}  // namespace

RealTimePriority::RealTimePriority(const std::function<void()>& waiting,
                                   const std::string& lock_file) {
  const mode_t mask = umask(0);  // another user's process must be able to take it
  lock_ = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  umask(mask);
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (waiting) waiting();
    while (flock(lock_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  const int failed = schedule_all_threads(SCHED_FIFO, 1);
  active_ = failed == 0;
  if (failed != 0) {
    reason_ = std::strerror(failed);
    schedule_all_threads(SCHED_OTHER, 0);
  }
}

RealTimePriority::~RealTimePriority() {
  if (active_) schedule_all_threads(SCHED_OTHER, 0);
  if (lock_ >= 0) close(lock_);
}

std::string RealTimePriority::describe() const {
  return active_ ? "real-time" : "normal (" + reason_ + ")";
}

}  // namespace neuralpower
