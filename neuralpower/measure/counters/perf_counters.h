// SPDX-License-Identifier: Apache-2.0
// What Linux counts for this process and its threads, through perf_event_open: instructions,
// cycles, misses of the last cache and the bus's accesses where the processor has such events, and
// the packed floating-point instructions of Intel's processors.
//
// Most virtual machines have no counters, and most kernels give them to root only
// (/proc/sys/kernel/perf_event_paranoid): then there is a reason instead.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "neuralpower/measure/counters.h"

namespace neuralpower {

struct CountersUnavailable {
  std::string reason;
};
using CountersOrReason = std::variant<std::unique_ptr<Counters>, CountersUnavailable>;

// Counts all threads that exist now, and those they start. `root`: "/" but for tests.
CountersOrReason open_perf_counters(const std::filesystem::path& root = "/");

}  // namespace neuralpower
