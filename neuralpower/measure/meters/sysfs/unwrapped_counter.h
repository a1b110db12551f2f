// SPDX-License-Identifier: Apache-2.0
// A counter that starts again at zero after `range`, made into one that only grows.
#pragma once

#include <cstdint>
#include <string>

namespace neuralpower {

class UnwrappedCounter {
 public:
  // `range`: the counter shows 0 to range. It must be read more often than it wraps.
  UnwrappedCounter(std::string name, std::uint64_t range, std::uint64_t first)
      : name_(std::move(name)), range_(range), last_(first) {}

  // The growth since the first value. A step back from the upper to the lower half is a wrap; any
  // other step back is an Error (environment): the counter was reset, and what it counted in the
  // meantime is lost.
  std::uint64_t grown_to(std::uint64_t raw);

 private:
  std::string name_;
  std::uint64_t range_;
  std::uint64_t last_;
  std::uint64_t total_ = 0;
};

}  // namespace neuralpower
