// SPDX-License-Identifier: Apache-2.0
// What the measuring commands share: options for the back-end and the meter.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "neuralpower/api/hardware.h"
#include "neuralpower/measure/priority.h"

namespace neuralpower::cli {

struct HardwareOptions : HardwareChoice {
  void add_to(CLI::App& app);
};

// Real-time priority where it may be had; says so on standard error if it has to wait for another
// measurement to end.
std::unique_ptr<RealTimePriority> take_priority();

}  // namespace neuralpower::cli
