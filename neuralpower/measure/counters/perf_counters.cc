// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/counters/perf_counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

namespace neuralpower {
namespace {

struct Event {
  const char* name;
  std::uint32_t type;
  std::uint64_t config;
  bool intel_only;
};

// The packed ones are FP_ARITH_INST_RETIRED with all of its vector masks (event 0xc7), which
// Intel's processors have since Broadwell.
constexpr std::array<Event, 6> kEvents = {{
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false},
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false},
    {"llc_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false},
    {"llc_accesses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, false},
    {"bus_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, false},
    {"simd_instructions", PERF_TYPE_RAW, 0xfcc7, true},
}};

int open_event(const Event& event, pid_t thread) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

class PerfCounters final : public Counters {
 public:
  struct Counter {
    std::string name;
    std::vector<int> files;  // one a thread
  };

  explicit PerfCounters(std::vector<Counter> counters) : counters_(std::move(counters)) {}
  ~PerfCounters() override {
    for (const Counter& counter : counters_)
      for (const int file : counter.files) close(file);
  }
  PerfCounters(const PerfCounters&) = delete;
  PerfCounters& operator=(const PerfCounters&) = delete;

  // The kernel lets events share the few counters there are; what it saw is scaled up.
  Counts read() override {
    Counts counts;
    for (const Counter& counter : counters_) {
      double sum = 0;
      for (const int file : counter.files) {
        struct {
          std::uint64_t value, enabled, running;
        } shown{};
        if (::read(file, &shown, sizeof shown) != sizeof shown || shown.running == 0) continue;
        sum += static_cast<double>(shown.value) * static_cast<double>(shown.enabled) /
               static_cast<double>(shown.running);
      }
      counts[counter.name] = sum;
    }
    return counts;
  }

 private:
  std::vector<Counter> counters_;
};

std::string why_not(int error, const std::filesystem::path& root) {
  if (error == ENOENT || error == ENODEV || error == EOPNOTSUPP)
    return "the processor shows no hardware counters (as in most virtual machines)";
  if (error == EACCES || error == EPERM) {
    std::ifstream file(root / "proc/sys/kernel/perf_event_paranoid");
    std::string level;
    file >> level;
    return "the kernel does not allow it (perf_event_paranoid is " +
           (level.empty() ? "unknown" : level) + "; root may, or with CAP_PERFMON)";
  }
  if (error == ENOSYS) return "this kernel has no perf_event_open";
  return std::strerror(error);
}

bool is_intel(const std::filesystem::path& root) {
  std::ifstream info(root / "proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.find("GenuineIntel") != std::string::npos) return true;
  return false;
}

}  // namespace

CountersOrReason open_perf_counters(const std::filesystem::path& root) {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", error))
    threads.push_back(static_cast<pid_t>(std::atoi(thread.path().filename().c_str())));
  if (threads.empty()) threads.push_back(0);
  const bool intel = is_intel(root);
  std::vector<PerfCounters::Counter> counters;
  int first_error = 0;
  for (const Event& event : kEvents) {
    if (event.intel_only && !intel) continue;
    PerfCounters::Counter counter{event.name, {}};
    for (const pid_t thread : threads) {
      const int file = open_event(event, thread);
      if (file >= 0) {
        counter.files.push_back(file);
      } else if (first_error == 0) {
        first_error = errno;
      }
    }
    if (!counter.files.empty()) counters.push_back(std::move(counter));
  }
  if (counters.empty()) return CountersUnavailable{why_not(first_error, root)};
  return std::make_unique<PerfCounters>(std::move(counters));
}

}  // namespace neuralpower
