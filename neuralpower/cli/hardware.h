// SPDX-License-Identifier: Apache-2.0
// What the measuring commands share: options for the back-end and the meter.
#pragma once

#include <CLI/CLI.hpp>

#include "neuralpower/api/hardware.h"

namespace neuralpower::cli {

struct HardwareOptions : HardwareChoice {
  void add_to(CLI::App& app);
};

}  // namespace neuralpower::cli
