// SPDX-License-Identifier: Apache-2.0
// The table of ONNX operators: how each becomes a layer and which shapes its outputs have.
//
// A translation is asked for constants too (a Transpose of a weight, the arithmetic of shapes):
// then only the outputs' shapes are used. It throws Error for a node that breaks the operator's
// rules and returns unsupported(reason) for what this project cannot describe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/node_view.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower::onnx {

struct OutputState {
  Shape shape;
  DataType dtype = DataType::kF32;
};

struct Translation {
  Op op;
  std::vector<Shape> inputs;  // of the LayerConfig
  DataType dtype = DataType::kF32;
  std::vector<OutputState> outputs;
};

using Translate = Translation (*)(const NodeView&);

inline constexpr std::uint32_t kAllSlots = ~0u;
constexpr std::uint32_t first_slots(int count) { return (1u << count) - 1; }

struct Operator {
  std::string_view name;
  Translate translate;
  // The inputs that are data: learned parameters count there, while settings (axes, scales, running
  // statistics) never do. Bit i is input i; the last bit stands for all further ones.
  std::uint32_t data_slots = kAllSlots;
  bool integers_learned = false;  // quantised weights are integers
};

// nullptr if nobody here knows the operator.
const Operator* find_operator(std::string_view domain, std::string_view op);

// The rows, by concept; each list stands in the file of its name.
std::span<const Operator> convolution_operators();
std::span<const Operator> matrix_operators();
std::span<const Operator> elementwise_operators();
std::span<const Operator> normalization_operators();
std::span<const Operator> view_operators();
std::span<const Operator> movement_operators();
std::span<const Operator> generator_operators();
std::span<const Operator> reduction_operators();
std::span<const Operator> recurrent_operators();
std::span<const Operator> quantized_operators();
std::span<const Operator> own_operators();  // of the domain "neuralpower"

// ---- What translations share -----------------------------------------------------------------

Translation unsupported(std::string reason);

// A layer with one output of the same type as its input.
Translation one_output(Op op, std::vector<Shape> inputs, DataType dtype, Shape output);

// `shape` as a layer's config has it: a scalar becomes a batch of one.
Shape at_least_1d(const Shape& shape);

// The shape that NumPy's rules give to operands of these shapes; sizes that differ only because a
// constant has the file's batch size baked in follow the new one. Error if they do not fit.
Shape broadcast_shapes(const NodeView& node, const std::vector<Shape>& shapes);

// A view of input 0 with another shape; a copy costs nothing.
Translation view_as(const NodeView& node, Shape shape);

// Input 0 copied in another order, size or type.
Translation movement(const NodeView& node, MoveMode mode, Shape shape);

}  // namespace neuralpower::onnx
