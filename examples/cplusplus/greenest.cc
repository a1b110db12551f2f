// SPDX-License-Identifier: Apache-2.0
// Predicts network files on a device and says which takes the least energy an item.
//
//   cmake -S . -B build && cmake --build build
//   build/greenest xeon-gold-5120 8 alexnet.onnx nin.onnx
#include <neuralpower/neuralpower.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: greenest DEVICE BATCH NETWORK...\n");
    return 2;
  }
  try {
    const auto device = neuralpower::Device::load(argv[1]);
    neuralpower::ImportOptions import;
    import.batch = std::atoi(argv[2]);
    std::string best;
    neuralpower::Joules least{1e300};
    for (int i = 3; i < argc; ++i) {
      const auto network = neuralpower::read_network(argv[i], import);
      const auto prediction = device.predict(network);
      if (!prediction.energy) {
        std::printf("%s: %s\n", network.name.c_str(), prediction.no_power.c_str());
        continue;
      }
      const auto per_item = prediction.energy->value / static_cast<double>(network.batch);
      std::printf("%s: %.4g ms, %.4g J an item, %d of %d layers covered\n", network.name.c_str(),
                  neuralpower::in_milliseconds(prediction.runtime->value), per_item.value(),
                  prediction.coverage.covered, prediction.coverage.layers);
      if (per_item < least) {
        least = per_item;
        best = network.name;
      }
    }
    std::printf("least energy: %s\n", best.c_str());
    return 0;
  } catch (const neuralpower::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == neuralpower::ErrorKind::kEnvironment ? 3 : 2;
  }
}
