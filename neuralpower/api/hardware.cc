// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/hardware.h"

#include <variant>

#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/measure/backends/memory/processors.h"
#include "neuralpower/measure/meters/meters.h"
#include "neuralpower/measure/pace/reference_work.h"

namespace neuralpower {

std::unique_ptr<Hardware> open_hardware(const HardwareChoice& choice) {
  auto hardware = std::make_unique<Hardware>();
  hardware->backend = make_backend(choice.backend, choice.backend_options);
  MeterOptions meter_options;
  meter_options.recording = choice.recording;
  meter_options.gpu = static_cast<unsigned>(choice.backend_options.gpu.device);
  // A meter must see the device at work: the processor's for the CPU back-ends.
  const MeterScope device = choice.backend == "cudnn" ? MeterScope::kGpu : MeterScope::kCpu;
  MeterOrReason meter = open_meter(choice.meter, device, meter_options, hardware->clock);
  if (auto* there = std::get_if<std::unique_ptr<PowerMeter>>(&meter)) {
    hardware->meter = std::move(*there);
  } else {
    hardware->no_meter_reason = std::get<MeterUnavailable>(meter).reason;
  }
  const int threads = choice.backend_options.threads;
  if (device == MeterScope::kCpu)
    hardware->pace = make_reference_work(threads > 0 ? threads : usable_processors());
  return hardware;
}

}  // namespace neuralpower
