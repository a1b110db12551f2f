// SPDX-License-Identifier: Apache-2.0
// A meter that replays a recording, or reads the log of an outside meter afterwards: a CSV file
// with the columns time_s and watts (a header row, times ascending). Between two rows the power
// runs in a straight line; the energy is the integral since the first row.
#pragma once

#include <filesystem>

#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct ReplayOptions {
  std::filesystem::path file;
  // What the clock showed at time 0 of the recording; none: it starts when it is opened.
  std::optional<Seconds> starts_at;
};

// Error (bad input) for a broken file; reading behind its end is an Error (environment).
std::unique_ptr<PowerMeter> open_replay_meter(const ReplayOptions& options, Clock& clock);

}  // namespace neuralpower
