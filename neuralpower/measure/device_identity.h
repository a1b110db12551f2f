// SPDX-License-Identifier: Apache-2.0
// What the machine says about itself, for the conditions of a measurement. Only what stays as it is
// while the machine runs: two runs on one machine must agree.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace neuralpower {

struct DeviceIdentity {
  std::string name;                            // "Intel(R) Xeon(R) Processor, 2 CPUs"
  std::map<std::string, std::string> details;  // cpu_model, cpu_signature, cpus, governor, ...
};

// Reads below `root` ("/" but for tests). What cannot be read is left out.
DeviceIdentity identify_device(const std::filesystem::path& root = "/");

}  // namespace neuralpower
