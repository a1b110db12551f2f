// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/hardware.h"

#include <variant>

#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/measure/meters/meters.h"

namespace neuralpower::cli {

void HardwareOptions::add_to(CLI::App& app) {
  std::string list;
  for (const BackendRow& row : backends())
    list += (list.empty() ? "" : ", ") + std::string(row.name);
  app.add_option("--backend", backend, "What runs the layers: " + list)->capture_default_str();
  app.add_option("--meter", meter,
                 "What measures power: auto, none, or a name ('neuralpower meters')")
      ->capture_default_str();
  app.add_option("--recording", recording, "CSV of time and watts for --meter replay");
  app.add_option("--threads", backend_options.threads, "Threads of the back-end; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option("--seed", backend_options.seed, "Seed of the data and of the order")
      ->capture_default_str();
}

std::unique_ptr<Hardware> open_hardware(const HardwareOptions& options) {
  auto hardware = std::make_unique<Hardware>();
  hardware->backend = make_backend(options.backend, options.backend_options);
  MeterOptions meter_options;
  meter_options.recording = options.recording;
  // A meter must see the device at work: the processor's for the CPU back-ends.
  const MeterScope device = options.backend == "cudnn" ? MeterScope::kGpu : MeterScope::kCpu;
  MeterOrReason meter = open_meter(options.meter, device, meter_options, hardware->clock);
  if (auto* there = std::get_if<std::unique_ptr<PowerMeter>>(&meter)) {
    hardware->meter = std::move(*there);
  } else {
    hardware->no_meter_reason = std::get<MeterUnavailable>(meter).reason;
  }
  return hardware;
}

}  // namespace neuralpower::cli
