// SPDX-License-Identifier: Apache-2.0
// Real-time priority while measuring: other processes wait until we pause, instead of making one of
// our threads wait for the other at every layer. On a machine with other load that is the
// difference between a measurement and noise: one preempted thread holds up a layer of 20 us for a
// whole time slice of 4 to 8 ms.
//
// Only one process of this program has it at a time (a lock file in /tmp, given back when the
// process ends, however it ends): two that measure at once would only measure each other, and under
// real-time priority neither would let the other run. The second one waits.
//
// The kernel keeps some 5 % of the time for the others, so the machine stays usable. Needs the
// privilege (root, CAP_SYS_NICE or an rtprio limit); without it nothing changes and describe()
// says so. Whether it was active belongs into the recorded conditions.
#pragma once

#include <functional>
#include <string>

namespace neuralpower {

class RealTimePriority {
 public:
  // For all threads of this process, and those they start; ends with the object. `waiting` is
  // called once if another process measures now, before waiting for its end.
  explicit RealTimePriority(const std::function<void()>& waiting = {},
                            const std::string& lock_file = "/tmp/neuralpower-measures.lock");
  ~RealTimePriority();
  RealTimePriority(const RealTimePriority&) = delete;
  RealTimePriority& operator=(const RealTimePriority&) = delete;

  bool active() const { return active_; }
  std::string describe() const;  // "real-time", or "normal" and why

 private:
  bool active_ = false;
  int lock_ = -1;  // the lock file's descriptor
  std::string reason_;
};

}  // namespace neuralpower
