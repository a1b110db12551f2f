// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/sysfs/unwrapped_counter.h"

#include "neuralpower/base/error.h"

namespace neuralpower {

std::uint64_t UnwrappedCounter::grown_to(std::uint64_t raw) {
  if (raw >= last_) {
    total_ += raw - last_;
  } else if (last_ > range_ / 2 && raw < range_ / 2) {
    total_ += range_ - last_ + raw + 1;
  } else {
    const std::string step = std::to_string(last_) + " to " + std::to_string(raw);
    last_ = raw;
    throw environment_error("the energy counter " + name_ + " stepped back from " + step +
                            ", which is no wrap");
  }
  last_ = raw;
  return total_;
}

}  // namespace neuralpower
