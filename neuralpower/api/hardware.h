// SPDX-License-Identifier: Apache-2.0
// What measuring needs, opened by name: a back-end that runs layers and a meter that reads power.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/pace.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct HardwareChoice {
  std::string backend = "onednn";
  std::string meter = "auto";  // the first that works; "none": do not look for one
  std::string recording;       // the file behind the meter "replay"
  BackendOptions backend_options;
};

// Without a meter, `no_meter_reason` says why there is none.
struct Hardware {
  SteadyClock clock;  // before the meter, which may keep a reference to it
  std::unique_ptr<Backend> backend;
  std::unique_ptr<PowerMeter> meter;
  std::string no_meter_reason;
  std::unique_ptr<PaceProbe> pace;  // of the processor; null if a GPU runs the layers
};
// Error (usage) for a name there is not; Error (environment) for what is not available here.
std::unique_ptr<Hardware> open_hardware(const HardwareChoice& choice);

}  // namespace neuralpower
