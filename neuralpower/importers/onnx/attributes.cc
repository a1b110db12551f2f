// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/attributes.h"

#include <string>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/wire.h"

namespace neuralpower::onnx {

Attributes::Attribute Attributes::read(Bytes bytes) {
  Attribute attribute;
  Value value;
  int seen = kNone;  // what files older than the `type` field leave to be guessed
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        attribute.name = message.bytes();
        break;
      case 2:
        value.real = message.real();
        seen = kReal;
        break;
      case 3:
        value.integer = message.integer();
        seen = kInteger;
        break;
      case 4:
        value.bytes = message.bytes();
        seen = kText;
        break;
      case 5:
        value.bytes = message.bytes();
        seen = kTensor;
        break;
      case 6:
        value.bytes = message.bytes();
        seen = kGraph;
        break;
      case 7:
        message.each_real([&](float element) {
          value.reals.push_back(element);
          return true;
        });
        seen = kReals;
        break;
      case 8:
        message.each_integer([&](std::int64_t element) {
          value.integers.push_back(element);
          return true;
        });
        seen = kIntegers;
        break;
      case 20:
        value.type = static_cast<int>(message.integer());
        break;
      case 21:
        attribute.reference = message.bytes();
        break;
      default:
        message.skip();
    }
  }
  if (value.type == kNone) value.type = seen;
  const bool fits = seen == kNone || seen == value.type;
  if (attribute.name.empty()) throw bad_input("an attribute has no name");
  if (!fits)
    throw bad_input("attribute '" + std::string(attribute.name) +
                    "' holds another type than it declares");
  attribute.value = std::make_shared<const Value>(std::move(value));
  return attribute;
}

Attributes::Attributes(std::span<const Bytes> messages, const Attributes* call) {
  attributes_.reserve(messages.size());
  reading([&] {
    for (const Bytes bytes : messages) {
      Attribute attribute = read(bytes);
      if (!attribute.reference.empty()) {
        const Attribute* given = call ? call->find(attribute.reference) : nullptr;
        if (!given) continue;  // neither given nor defaulted: absent
        attribute.value = given->value;
      }
      attributes_.push_back(std::move(attribute));
    }
  });
  // Few enough to compare each with each; many can only be an attack.
  if (attributes_.size() > 1000) throw bad_input("the node has more than 1000 attributes");
  for (std::size_t i = 0; i < attributes_.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (attributes_[i].name == attributes_[k].name)
        throw bad_input("attribute '" + std::string(attributes_[i].name) + "' is given twice");
}

void Attributes::add_missing(const Attributes& others) {
  for (const Attribute& other : others.attributes_)
    if (!has(other.name)) attributes_.push_back(other);
}

const Attributes::Attribute* Attributes::find(std::string_view name) const {
  for (const Attribute& attribute : attributes_)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

const Attributes::Value* Attributes::find(std::string_view name, Type type,
                                          const char* wanted) const {
  const Attribute* attribute = find(name);
  if (!attribute) return nullptr;
  if (attribute->value->type != type)
    throw bad_input("attribute '" + std::string(name) + "' is not " + wanted);
  return attribute->value.get();
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
  const Value* value = find(name, kInteger, "an integer");
  return value ? value->integer : fallback;
}

double Attributes::real(std::string_view name, double fallback) const {
  const Value* value = find(name, kReal, "a number");
  return value ? value->real : fallback;
}

std::string_view Attributes::text(std::string_view name, std::string_view fallback) const {
  const Value* value = find(name, kText, "a text");
  return value ? value->bytes : fallback;
}

const std::vector<std::int64_t>* Attributes::integers(std::string_view name) const {
  const Value* value = find(name, kIntegers, "a list of integers");
  return value ? &value->integers : nullptr;
}

const std::vector<double>* Attributes::reals(std::string_view name) const {
  const Value* value = find(name, kReals, "a list of numbers");
  return value ? &value->reals : nullptr;
}

std::optional<TensorProto> Attributes::tensor(std::string_view name) const {
  const Value* value = find(name, kTensor, "a tensor");
  if (!value) return std::nullopt;
  return parse_tensor(value->bytes);
}

std::optional<Bytes> Attributes::graph(std::string_view name) const {
  const Value* value = find(name, kGraph, "a graph");
  if (!value) return std::nullopt;
  return value->bytes;
}

}  // namespace neuralpower::onnx
