// SPDX-License-Identifier: Apache-2.0
// Clock: the time since some fixed moment, never running backwards, and how often the operating
// system took a processor away from us meanwhile. A seam to the operating system, so that the
// measuring protocol can be tested without waiting; fakes/fake_clock.h is the fake.
#pragma once

#include <cstdint>

#include "neuralpower/base/units.h"

namespace neuralpower {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Seconds now() = 0;

  // How often any thread of this process was preempted so far. What ran while this number grew
  // shared its processors with somebody else.
  virtual std::int64_t preemptions() = 0;

  // Leaves the processors to others for this long.
  virtual void pause(Seconds time) = 0;
};

// The monotonic clock of the machine; reading the time takes some 30 ns, preemptions() a system
// call.
class SteadyClock final : public Clock {
 public:
  Seconds now() override;
  std::int64_t preemptions() override;
  void pause(Seconds time) override;
};

}  // namespace neuralpower
