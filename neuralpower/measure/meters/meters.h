// SPDX-License-Identifier: Apache-2.0
// The table of power meters: one row each, whether or not this machine has it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct MeterOptions {
  std::filesystem::path root = "/";  // where sys/ is; another one in tests
  std::string nvml_library = "libnvidia-ml.so.1";
  unsigned gpu = 0;
  std::filesystem::path recording;  // for `replay` and `external`
};

// What a meter measures: only one that sees the device at work is of use. Those on request are not
// among those that "auto" tries.
enum class MeterScope { kCpu, kGpu, kBoard, kOnRequest };

struct MeterRow {
  std::string_view name;
  std::string_view what;  // one line for `neuralpower meters`
  MeterScope scope;
  MeterOrReason (*open)(const MeterOptions& options, Clock& clock);
};

std::span<const MeterRow> meters();

// The meter by its name; or with "auto" the first that is there and sees `device` (kCpu or kGpu);
// or with "none" no meter. Without one, the reason names every meter that was tried and what it
// lacks. Error (usage) for a name that is not in the table; Error (environment) if a meter was
// asked for by name and is not available: a measurement without it is not what was asked for.
MeterOrReason open_meter(std::string_view name, MeterScope device, const MeterOptions& options,
                         Clock& clock);

}  // namespace neuralpower
