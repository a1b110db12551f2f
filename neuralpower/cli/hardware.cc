// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/hardware.h"

#include <iostream>

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
  app.add_option(
      "--recording", recording,
      "CSV of time_s,watts: finished (--meter replay), or being written (--meter external)");
  app.add_option("--threads", backend_options.threads, "Threads of the back-end; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option_function<std::vector<std::int64_t>>(
         "--cached-mib",
         [this](const std::vector<std::int64_t>& mib) {
           backend_options.cache = {mib[0] << 20, mib[1] << 20};
         },
         "MiB of weights, and of activations, between two uses of a layer's own; 0,0: a hot loop")
      ->delimiter(',')
      ->expected(2)
      ->check(CLI::Range(0, 16384))
      ->option_text("W,A=24,16");
  GpuOptions& gpu = backend_options.gpu;
  app.add_option("--gpu", gpu.device, "Which GPU, counted from 0, for --backend cudnn")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--tf32", gpu.tf32, "cudnn: f32 layers may be multiplied in TF32");
  app.add_flag("--channels-last", gpu.channels_last, "cudnn: images lie as N x H x W x C");
  app.add_option("--algorithm", gpu.algorithm,
                 "cudnn: heuristic, fastest, or one by its name (winograd)")
      ->capture_default_str();
  app.add_option("--cuda-libraries", gpu.libraries,
                 "cudnn: folders of the CUDA runtime, cuDNN and cuBLASLt, colon-separated");
  app.add_option("--seed", backend_options.seed, "Seed of the data and of the order")
      ->capture_default_str();
}

std::unique_ptr<RealTimePriority> take_priority() {
  return std::make_unique<RealTimePriority>([] {
    std::cerr << "another process measures on this machine; waiting for its end (Ctrl-C stops "
                 "this one)\n";
  });
}

}  // namespace neuralpower::cli
