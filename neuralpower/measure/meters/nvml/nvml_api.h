// SPDX-License-Identifier: Apache-2.0
// The few declarations of NVIDIA's management library that are used here, written down from its
// documented interface, so that building needs no header of the driver.
#pragma once

namespace neuralpower::nvml {

using Device = struct DeviceStruct*;
using Return = int;  // 0: success
constexpr Return kSuccess = 0;

// nvmlFieldValue_t
struct FieldValue {
  unsigned field;
  unsigned scope;
  long long timestamp;
  long long latency_us;
  int value_type;  // 0 double, 1 unsigned int, 2 unsigned long, 3 unsigned long long
  Return result;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long as_unsigned_long;
    unsigned long long as_unsigned_long_long;
    long long as_long_long;
  } value;
};
constexpr unsigned kFieldPowerInstant = 186;  // NVML_FI_DEV_POWER_INSTANT, milliwatts

// Bits of nvmlDeviceGetCurrentClocksThrottleReasons that mean "slower than it could".
constexpr unsigned long long kSoftwarePowerCap = 0x4, kHardwareSlowdown = 0x8,
                             kSoftwareThermal = 0x20, kHardwareThermal = 0x40,
                             kHardwarePowerBrake = 0x80;

using Init = Return (*)();
using Shutdown = Return (*)();
using ErrorString = const char* (*)(Return);
using GetHandle = Return (*)(unsigned index, Device*);
using GetName = Return (*)(Device, char* name, unsigned length);
using GetDriverVersion = Return (*)(char* version, unsigned length);
using GetTotalEnergy = Return (*)(Device, unsigned long long* millijoules);
using GetPowerUsage = Return (*)(Device, unsigned* milliwatts);
using GetFieldValues = Return (*)(Device, int count, FieldValue*);
using GetThrottleReasons = Return (*)(Device, unsigned long long* reasons);

}  // namespace neuralpower::nvml
