// SPDX-License-Identifier: Apache-2.0
// LayerConfig: one layer's operation, input shapes and data type, without its weights or its place
// in a network. The hinge of the house: importers lead to it, campaigns generate it, features read
// it, the store keys on it. Its canonical text form is in layer_text.h.
//
// Invariant of a well-made config (make_layer_config checks it): every input has at least a batch
// dimension; the shapes fit the operation; output_shapes() and count_work() succeed on it.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/network/op.h"
#include "neuralpower/network/shape.h"

namespace neuralpower {

// What a software stack executes in one go with the main operation, in order.
struct PostOp {
  enum class Kind { kNormalization, kActivation, kAdd, kMul };
  Kind kind = Kind::kActivation;
  ActivationMode activation = ActivationMode::kRelu;  // kActivation only
  bool operator==(const PostOp&) const = default;
};

struct LayerConfig {
  Op op;
  // Batch first. Convolution, pooling, norm: N x C x H x W (3-d: x D x H x W). Elementwise: one
  // shape, the result's.
  std::vector<Shape> inputs;
  DataType dtype = DataType::kF32;
  std::vector<PostOp> post;

  std::int64_t batch() const { return inputs.empty() || inputs[0].empty() ? 1 : inputs[0][0]; }
  bool operator==(const LayerConfig&) const = default;
};

// The config if shapes and parameters fit, else an Error that says what does not and what would.
LayerConfig make_layer_config(Op op, std::vector<Shape> inputs, DataType dtype = DataType::kF32);

}  // namespace neuralpower
