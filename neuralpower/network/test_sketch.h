// SPDX-License-Identifier: Apache-2.0
// Small networks for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "neuralpower/network/fusion.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {

// A network in which layer i writes tensor i + 1 and tensor 0 is the input.
class Sketch {
 public:
  explicit Sketch(Shape input) { network_.inputs = {network_.add_tensor({"x", input})}; }

  TensorId add(const std::string& text, std::vector<TensorId> inputs, std::int64_t params = 0) {
    Layer layer;
    layer.name = "l" + std::to_string(network_.layers.size());
    layer.config = parse_layer(text);
    layer.inputs = std::move(inputs);
    layer.params = params;
    const TensorId id = network_.add_tensor({layer.name, output_shape(layer.config)});
    layer.outputs = {id};
    network_.layers.push_back(layer);
    return id;
  }

  Network network(TensorId output) {
    network_.outputs = {output};
    return network_;
  }
  FusedNetwork fuse(TensorId output) { return fuse_patterns(network(output)); }

 private:
  Network network_;
};

}  // namespace neuralpower
