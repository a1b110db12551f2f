// SPDX-License-Identifier: Apache-2.0
// A clock that moves only when it is told to.
#pragma once

#include "neuralpower/measure/clock.h"

namespace neuralpower {

class FakeClock final : public Clock {
 public:
  Seconds now() override { return now_; }
  std::int64_t preemptions() override { return preemptions_; }
  void pause(Seconds time) override { advance(time); }

  void advance(Seconds time) { now_ += time; }
  void preempt() { ++preemptions_; }

 private:
  Seconds now_{1000};
  std::int64_t preemptions_ = 0;
};

}  // namespace neuralpower
