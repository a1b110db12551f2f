// SPDX-License-Identifier: Apache-2.0
// Network: layers in an order in which they can run, and the tensors between them.
//
// Invariants: layers are in topological order; every tensor a layer reads is an input of the
// network, a constant of the file, or written by an earlier layer; all shapes are concrete (the
// batch size is chosen at import). A layer that nobody knows how to describe is there as
// UnsupportedOp, its tensors perhaps without a known shape; nothing of the file's computation is
// left out in silence.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/network/layer_config.h"
#include "neuralpower/network/work.h"

namespace neuralpower {

using TensorId = int;

struct Tensor {
  std::string name;
  Shape shape;
  DataType dtype = DataType::kF32;
  bool shape_known = true;
};

struct Layer {
  std::string name;  // as the file calls it, or made up from kind and number
  std::string
      source_op;  // what the file calls the operation: "Conv", "Convolution", "InnerProduct"
  LayerConfig config;
  std::vector<TensorId> inputs;  // activations only, no weights
  std::vector<TensorId> outputs;
  std::int64_t params =
      0;  // learned parameters, biases included, counted where they are first used
};

struct Network {
  std::string name;
  std::int64_t batch = 1;
  std::vector<Tensor> tensors;
  std::vector<Layer> layers;
  std::vector<TensorId> inputs, outputs;

  TensorId add_tensor(Tensor tensor);
};

// Totals over the layers that are known; `unsupported` counts the others. Error on overflow.
struct NetworkWork {
  std::int64_t macs = 0, flops = 0, params = 0, bytes = 0;
  int unsupported = 0;
};
NetworkWork total_work(const Network& network);

// True for layers that cost nothing by definition: views of the same bytes.
bool is_free(const LayerConfig& config);

}  // namespace neuralpower
