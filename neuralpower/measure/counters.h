// SPDX-License-Identifier: Apache-2.0
// Counters: what the processor counts while layers run: instructions, cycles, cache misses. A seam
// to the operating system; counters/perf_counters.h reads those of Linux.
#pragma once

#include <map>
#include <string>

namespace neuralpower {

class Counters {
 public:
  // By name, since some fixed moment, never decreasing.
  using Counts = std::map<std::string, double>;

  virtual ~Counters() = default;
  virtual Counts read() = 0;
};

}  // namespace neuralpower
