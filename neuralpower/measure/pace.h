// SPDX-License-Identifier: Apache-2.0
// Pace: how fast the machine itself is at this moment, told by two pieces of work that never
// change. A layer that is slow while they are slow was measured right on a slow machine (the clock
// fell, a neighbour on the host took its share); one that is slow while they are not has another
// reason. A seam to hardware; pace/reference_work.h runs the work, fakes/fake_pace.h is the fake.
#pragma once

#include "neuralpower/base/units.h"

namespace neuralpower {

// What the two took; comparable between runs of one program on one machine.
struct Pace {
  Seconds arithmetic{0};  // in registers: the clock, and our share of the processor's cores
  Seconds memory{0};      // reading what no nearer cache holds: our share of the memory
};

class PaceProbe {
 public:
  virtual ~PaceProbe() = default;
  // Does the work once: about a tenth of a millisecond.
  virtual Pace probe() = 0;
};

}  // namespace neuralpower
