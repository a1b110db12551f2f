// SPDX-License-Identifier: Apache-2.0
// NVML: the sensors of NVIDIA GPUs, through the driver's library, which is loaded at run time, so
// that one program serves machines with and without a GPU.
//
// Preferred is the energy counter (millijoules, Volta and later, updated every 20 to 100 ms); then
// the instantaneous power field; then the plain power reading, which most newer GPUs average over a
// second. describe() says which it is. throttled() reports slow-down by heat, power brake or power
// limit.
#pragma once

#include <string>

#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

// kBest: the first that is there, in this order.
enum class NvmlSource { kBest, kEnergyCounter, kInstantPower, kAveragePower };

struct NvmlOptions {
  std::string library = "libnvidia-ml.so.1";
  unsigned device = 0;  // as nvidia-smi counts
  NvmlSource source = NvmlSource::kBest;
};

MeterOrReason open_nvml_meter(const NvmlOptions& options);

}  // namespace neuralpower
