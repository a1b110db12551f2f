// SPDX-License-Identifier: Apache-2.0
// A node's attributes by name, with the type the operator expects.
//
// Asking for an attribute as another type than it has is an Error that names it; an absent one
// gives the fallback. Inside a model-local function an attribute may refer to one of the call's
// attributes; such references are resolved when the node's attributes are read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

class Attributes {
 public:
  Attributes() = default;
  // `call`: the attributes of the function call around this node, or nullptr.
  explicit Attributes(std::span<const Bytes> messages, const Attributes* call = nullptr);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  double real(std::string_view name, double fallback) const;
  std::string_view text(std::string_view name, std::string_view fallback) const;
  const std::vector<std::int64_t>* integers(std::string_view name) const;  // nullptr: absent
  const std::vector<double>* reals(std::string_view name) const;           // nullptr: absent
  std::optional<TensorProto> tensor(std::string_view name) const;
  std::optional<Bytes> graph(std::string_view name) const;  // for parse_graph

  // Adds those of `others` that are not here yet: a function's defaults.
  void add_missing(const Attributes& others);

 private:
  // AttributeProto.AttributeType
  enum Type : int { kNone, kReal, kInteger, kText, kTensor, kGraph, kReals, kIntegers };
  struct Value {
    int type = kNone;
    double real = 0;
    std::int64_t integer = 0;
    Bytes bytes;  // text, tensor or graph
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
  };
  struct Attribute {
    std::string_view name, reference;
    std::shared_ptr<const Value> value;  // shared: a call's lists are not copied to each node
  };

  static Attribute read(Bytes message);
  const Attribute* find(std::string_view name) const;
  const Value* find(std::string_view name, Type type, const char* wanted) const;

  std::vector<Attribute> attributes_;
};

}  // namespace neuralpower::onnx
