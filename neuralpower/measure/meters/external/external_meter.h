// SPDX-License-Identifier: Apache-2.0
// A power meter outside of the machine whose readings come as CSV rows of time_s,watts while it
// measures: a file that somebody appends to, or a named pipe. A header row is optional.
//
// The meter's clock need not be ours: a row's time is used for the energy between rows, and the
// smallest difference between a row's arrival and its time is taken for the distance of the clocks.
// Rows that arrive more than half a second later than that distance says were held back (a program
// that buffers its output): reading is then an Error (environment), as energy would be booked to
// the wrong moment. Between two rows the power runs in a straight line.
#pragma once

#include <filesystem>

#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

// Waits up to three seconds for the first two rows.
MeterOrReason open_external_meter(const std::filesystem::path& file, Clock& clock);

}  // namespace neuralpower
