// SPDX-License-Identifier: Apache-2.0
// Power sensors that the kernel shows as hwmon chips in /sys/class/hwmon: the INA3221 of NVIDIA's
// Jetson boards (millivolts times milliamperes per rail), AMD GPUs and others that show
// power*_average or power*_input in microwatts, and energy*_input in microjoules.
//
// One chip is one meter. Its domains are its rails by their labels; first comes the rail that feeds
// the whole board (VDD_IN, POM_5V_IN, SYS_5V0), or else the chip's first sensor. Rails behind the
// first are parts of it and are never added to it.
#pragma once

#include <filesystem>

#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

// `root`: "/" but for tests. Of several chips the one of a board or an accelerator is taken before
// others.
MeterOrReason open_hwmon_meter(const std::filesystem::path& root);

}  // namespace neuralpower
