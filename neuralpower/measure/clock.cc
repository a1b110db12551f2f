// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/clock.h"

#include <sys/resource.h>

#include <chrono>
#include <thread>

namespace neuralpower {

Seconds SteadyClock::now() {
  return Seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

std::int64_t SteadyClock::preemptions() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

void SteadyClock::pause(Seconds time) {
  std::this_thread::sleep_for(std::chrono::duration<double>(time.value()));
}

}  // namespace neuralpower
