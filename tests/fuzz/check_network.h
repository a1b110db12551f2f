// SPDX-License-Identifier: Apache-2.0
// What every network that a reader gives must be able to do, whatever bytes it was read from.
#pragma once

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/importers/writers/write_layers.h"
#include "neuralpower/importers/writers/write_onnx.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {

inline void check(bool holds) {
  if (!holds) std::abort();
}

// Every tensor is there, and no layer reads what a later one writes.
inline void check_order(const Network& network) {
  std::vector<bool> made(network.tensors.size(), false);
  std::vector<bool> computed(network.tensors.size(), false);
  const auto index = [&](TensorId id) {
    check(id >= 0 && static_cast<std::size_t>(id) < made.size());
    return static_cast<std::size_t>(id);
  };
  for (const Layer& layer : network.layers)
    for (TensorId id : layer.outputs) computed[index(id)] = true;
  for (const Layer& layer : network.layers) {
    for (TensorId id : layer.inputs) check(made[index(id)] || !computed[index(id)]);
    for (TensorId id : layer.outputs) made[index(id)] = true;
  }
  for (TensorId id : network.outputs) index(id);
}

// Layers in running order, texts that come back, and a list of layers that reads as the same.
inline void check_network(const Network& network) {
  check_order(network);
  if (network.layers.empty()) return;  // a list of layers has at least one
  std::ostringstream out;
  write_layers(out, network);
  const Network again = [&] {
    try {
      return parse_layer_list(out.str(), "again");
    } catch (const Error& error) {
      std::cerr << out.str() << "is not read again: " << error.what() << "\n";
      std::abort();
    }
  }();
  check(again.layers.size() == network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerConfig &before = network.layers[i].config, &after = again.layers[i].config;
    // The text of an unknown operation cuts long names, so it does not come back to the letter.
    const bool unknown = std::holds_alternative<UnsupportedOp>(before.op);
    check(unknown ? before.op.index() == after.op.index()
                  : format_layer(before) == format_layer(after));
    check(again.layers[i].params == network.layers[i].params);
  }
  try {
    to_onnx_bytes(network);
    total_work(network);
  } catch (const Error&) {  // fused layers; a sum beyond 2^63
  }
}

}  // namespace neuralpower
