// SPDX-License-Identifier: Apache-2.0
// What the measuring commands share: back-end and meter by name, and their options.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"
#include "neuralpower/samples/sample_store.h"

namespace neuralpower::cli {

struct HardwareOptions {
  std::string backend = "onednn";
  std::string meter = "auto";  // the first that works; "none": do not look for one
  std::string recording;       // the file behind --meter replay
  BackendOptions backend_options;
  void add_to(CLI::App& app);
};

// Opened as asked for. Without a meter, `no_meter_reason` says why there is none.
struct Hardware {
  SteadyClock clock;  // before the meter, which may keep a reference to it
  std::unique_ptr<Backend> backend;
  std::unique_ptr<PowerMeter> meter;
  std::string no_meter_reason;
};
std::unique_ptr<Hardware> open_hardware(const HardwareOptions& options);

}  // namespace neuralpower::cli
