// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/hardware.h"

#include "neuralpower/measure/backends/backends.h"

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

}  // namespace neuralpower::cli
