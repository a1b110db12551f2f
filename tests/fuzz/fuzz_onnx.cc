// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the ONNX importer. Every input must end in a Network that keeps its promises or in
// an Error; anything else is a bug.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/network/fusion.h"
#include "neuralpower/network/layer_text.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_network(const neuralpower::Network& network) {
  std::vector<bool> made(network.tensors.size(), false);
  const auto index = [&](neuralpower::TensorId id) {
    check(id >= 0 && static_cast<std::size_t>(id) < made.size());
    return static_cast<std::size_t>(id);
  };
  for (const auto id : network.inputs) made[index(id)] = true;
  for (const neuralpower::Layer& layer : network.layers) {
    for (const auto id : layer.inputs) check(made[index(id)]);
    for (const auto id : layer.outputs) made[index(id)] = true;
    check(!neuralpower::format_layer(layer.config).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  neuralpower::ImportOptions options;
  // Every other input is also read at another batch size.
  if (size % 2 == 1) options.batch = 3;
  try {
    const neuralpower::Network network = neuralpower::import_onnx_bytes(
        {reinterpret_cast<const char*>(data), size}, "fuzz", options);
    check_network(network);
    neuralpower::total_work(network);
    check_network(neuralpower::fuse_patterns(network).network);
  } catch (const neuralpower::Error&) {
  }
  return 0;
}
