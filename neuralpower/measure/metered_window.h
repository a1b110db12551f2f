// SPDX-License-Identifier: Apache-2.0
// A window of time under a power meter: begun and ended on updates of the meter, polled meanwhile.
//
// Reading a meter takes time (a file, a driver call), so it is polled only a few times per update
// period. An energy counter gives the window's energy as a difference; a power sensor gives the
// mean of its distinct readings.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct MeteredWindow {
  std::vector<std::optional<Watts>> domains;  // the mean power of each
  double updates = 0;                         // how many updates of the meter the window spans
  std::string failure;                        // not empty: no powers, and why
};

// Calls `work` again and again (a few milliseconds at most each) until the meter updates, then
// until at least `least_time` and `least_updates` updates have passed and the meter updates again,
// calling `started` in between.
MeteredWindow run_metered(PowerMeter& meter, Clock& clock, Seconds least_time, int least_updates,
                          const std::function<void()>& started, const std::function<void()>& work);

// Idles until `share` (0 to 1) of an update period after an update of the meter. A sensor that
// looks at a part of each period, and a layer that takes about as long as one, would else meet in
// the same phase in every window. A meter whose updates cannot be seen is waited for one period at
// most.
void shift_phase(PowerMeter& meter, Clock& clock, double share);

}  // namespace neuralpower
