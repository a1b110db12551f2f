// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/device_identity.h"

#include <fstream>
#include <string_view>

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return std::string(trim(line));
}

}  // namespace

DeviceIdentity identify_device(const std::filesystem::path& root) {
  DeviceIdentity device;
  std::ifstream info(root / "proc/cpuinfo");
  std::map<std::string, std::string> fields;  // of the first processor
  int cpus = 0;
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key(trim(std::string_view(line).substr(0, colon)));
    const std::string value(trim(std::string_view(line).substr(colon + 1)));
    if (key == "processor") ++cpus;
    if (!value.empty()) fields.try_emplace(key, value);
  }
  const auto field = [&](const char* key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
  };
  const auto keep = [&](const char* name, const std::string& value) {
    if (!value.empty()) device.details[name] = value;
  };
  // ARM kernels name the board elsewhere and the core by numbers only.
  const std::string board = first_line(root / "proc/device-tree/model");
  std::string model = field("model name");
  if (model.empty()) model = !board.empty() ? board : field("CPU part");
  keep("cpu_model", model);
  keep("board", board);
  const std::string family = field("cpu family");
  if (!family.empty())
    keep("cpu_signature", family + "-" + field("model") + "-" + field("stepping"));
  keep("cpus", std::to_string(cpus));
  keep("cpu_cache", field("cache size"));
  keep("governor", first_line(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  keep("turbo_disabled", first_line(root / "sys/devices/system/cpu/intel_pstate/no_turbo"));
  keep("kernel", first_line(root / "proc/sys/kernel/osrelease"));
  device.name = (model.empty() ? "unknown processor" : model) + ", " + std::to_string(cpus) +
                (cpus == 1 ? " CPU" : " CPUs");
  return device;
}

}  // namespace neuralpower
