// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnvidia-ml.so.1: one GPU whose sensors a test sets through environment
// variables, read at each call.
//   FAKE_NVML_INIT      what nvmlInit_v2 returns
//   FAKE_NVML_ENERGY    the energy counter in mJ; unset: not supported
//   FAKE_NVML_CLOCKWORK a power in W: the energy counter runs by itself, a step every 20 ms
//   FAKE_NVML_INSTANT   the instantaneous power field in mW; unset: not supported
//   FAKE_NVML_POWER     the plain power reading in mW; unset: not supported
//   FAKE_NVML_THROTTLE  the throttle reasons
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "neuralpower/measure/meters/nvml/nvml_api.h"

namespace nvml = neuralpower::nvml;

namespace {

constexpr nvml::Return kNotFound = 6, kNotSupported = 3;

template <typename Number>
nvml::Return show(const char* variable, Number* value) {
  const char* text = std::getenv(variable);
  if (!text) return kNotSupported;
  *value = static_cast<Number>(std::strtoull(text, nullptr, 10));
  return nvml::kSuccess;
}

}  // namespace

extern "C" {

nvml::Return nvmlInit_v2() {
  const char* text = std::getenv("FAKE_NVML_INIT");
  return text ? std::atoi(text) : nvml::kSuccess;
}
nvml::Return nvmlShutdown() { return nvml::kSuccess; }
const char* nvmlErrorString(nvml::Return result) {
  return result == kNotSupported ? "Not Supported"
         : result == kNotFound   ? "Not Found"
                                 : "GPU is lost";
}
nvml::Return nvmlDeviceGetHandleByIndex_v2(unsigned index, nvml::Device* device) {
  *device = nullptr;
  return index == 0 ? nvml::kSuccess : kNotFound;
}
nvml::Return nvmlDeviceGetName(nvml::Device, char* name, unsigned length) {
  std::strncpy(name, "Fake GPU", length);
  return nvml::kSuccess;
}
nvml::Return nvmlSystemGetDriverVersion(char* version, unsigned length) {
  std::strncpy(version, "1.2.3", length);
  return nvml::kSuccess;
}
nvml::Return nvmlDeviceGetTotalEnergyConsumption(nvml::Device, unsigned long long* energy) {
  if (const char* watts = std::getenv("FAKE_NVML_CLOCKWORK")) {
    constexpr long long kStep = 20;  // ms
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    *energy = static_cast<unsigned long long>(ms / kStep * kStep * std::atoll(watts));
    return nvml::kSuccess;
  }
  return show("FAKE_NVML_ENERGY", energy);
}
nvml::Return nvmlDeviceGetPowerUsage(nvml::Device, unsigned* power) {
  return show("FAKE_NVML_POWER", power);
}
nvml::Return nvmlDeviceGetFieldValues(nvml::Device, int, nvml::FieldValue* field) {
  field->value_type = 1;
  field->result = field->field == nvml::kFieldPowerInstant
                      ? show("FAKE_NVML_INSTANT", &field->value.as_unsigned)
                      : kNotSupported;
  return nvml::kSuccess;
}
nvml::Return nvmlDeviceGetCurrentClocksThrottleReasons(nvml::Device, unsigned long long* reasons) {
  return show("FAKE_NVML_THROTTLE", reasons);
}

}  // extern "C"
