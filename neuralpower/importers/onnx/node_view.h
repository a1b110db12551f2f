// SPDX-License-Identifier: Apache-2.0
// What an operator's translation sees of one node: its inputs' shapes, types and, where they are
// small and known, contents; its attributes; the opset. And TensorState, what the importer knows of
// one tensor on the way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/attributes.h"
#include "neuralpower/importers/onnx/content.h"
#include "neuralpower/network/network.h"

namespace neuralpower::onnx {

// Where a constant comes from. Files exported without parameters have them as inputs of the graph.
enum class Origin { kComputed, kInitializer, kLiteral, kParameterInput };

// A tensor is an activation (it depends on the network's inputs) or a constant: an initializer, or
// computed from constants and shapes alone. The shape of an activation is unknown only behind an
// unsupported layer.
struct TensorState {
  std::string_view name;
  std::size_t index = 0;  // in the order of their making
  Shape shape;
  DataType dtype = DataType::kF32;
  bool shape_known = true;
  bool constant = false;

  ContentPtr content;                   // constants: the elements, once somebody needed them
  const TensorProto* stored = nullptr;  // constants of the file: where the elements are

  // Constants: what learned parameters are behind them (parameters.h).
  Origin origin = Origin::kComputed;
  std::vector<TensorState*> sources;  // the constants it was computed from
  bool integers_learned = false;
  bool counted = false;

  std::string blame;  // unknown shape: the layer that is to blame
  TensorId id = -1;   // activations: in the network
};

// The batch size of the file, if it fixes one, and the one it is imported with instead.
struct BatchChange {
  std::int64_t from = 1, to = 1;
};

// Reads contents of constants when they are first needed, within a total budget, so that a small
// file cannot ask for much memory.
class ContentReader {
 public:
  explicit ContentReader(std::optional<std::filesystem::path> folder)
      : folder_(std::move(folder)) {}
  // nullptr: not a constant, too large, or not in the file.
  const Content* read(TensorState& tensor);
  // Takes `count` elements from the budget; false if it is used up.
  bool reserve(std::int64_t count);

 private:
  std::optional<std::filesystem::path> folder_;
  std::int64_t budget_ = 4'000'000;
};

class NodeView {
 public:
  std::string_view op, domain;
  std::int64_t opset = 0;  // of the node's domain
  Attributes attributes;
  std::vector<TensorState*> inputs;  // nullptr: absent
  std::size_t output_count = 0;
  ContentReader* contents = nullptr;
  std::optional<BatchChange> batch;
  // The same node's inputs and first output at the file's own batch size; empty without a change.
  std::vector<const TensorState*> base_inputs;
  const TensorState* base_output = nullptr;

  bool has(std::size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  // Errors if the input is absent.
  const TensorState& input(std::size_t i) const;
  const Shape& shape(std::size_t i) const { return input(i).shape; }
  DataType dtype(std::size_t i) const { return input(i).dtype; }
  bool constant(std::size_t i) const { return has(i) && inputs[i]->constant; }

  // Known elements of input i; nullptr if it is absent or nobody can know them before running.
  const Content* content(std::size_t i) const;
  // The integers of an attribute (as old opsets have it) or else of input i; nothing if neither is
  // there; `known` tells apart an input whose elements nobody can know.
  struct Integers {
    bool given = false, known = true;
    std::vector<std::int64_t> values;
  };
  Integers integers(std::string_view attribute, std::size_t i) const;

  // `axis`, counted from the back if negative, within [0, rank). Error if it is not.
  std::size_t axis(std::int64_t axis, std::size_t rank) const;
};

}  // namespace neuralpower::onnx
