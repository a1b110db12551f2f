// SPDX-License-Identifier: Apache-2.0
// An ONNX file under construction: messages of onnx.proto written field by field (protozero).
//
// Field numbers are those of onnx.proto, IR version 8; opset 17. Names must be unique and UTF-8;
// the caller sees to both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/shape.h"

namespace neuralpower {

// A domain of operators of our own, and the one whose extensions ONNX Runtime knows.
inline constexpr std::string_view kOwnDomain = "neuralpower";
inline constexpr std::string_view kMicrosoftDomain = "com.microsoft";

std::int64_t onnx_element_type(DataType type);  // TensorProto.DataType

// One AttributeProto, encoded.
using OnnxAttribute = std::string;
OnnxAttribute integer_attribute(std::string_view name, std::int64_t value);
OnnxAttribute integers_attribute(std::string_view name, const std::vector<std::int64_t>& values);
OnnxAttribute text_attribute(std::string_view name, std::string_view value);

struct OnnxNode {
  std::string_view op;
  std::vector<std::string> inputs, outputs;  // an empty name: absent
  std::vector<OnnxAttribute> attributes = {};
  std::string_view domain = {};
};

class OnnxModel {
 public:
  explicit OnnxModel(std::string_view graph_name);

  void add_node(std::string_view name, const OnnxNode& node);
  void add_input(std::string_view name, const Shape& shape, DataType dtype);
  void add_output(std::string_view name, const Shape* shape, DataType dtype);  // null: unknown
  void add_value_info(std::string_view name, const Shape& shape, DataType dtype);
  void add_integers(std::string_view name, const std::vector<std::int64_t>& values);
  void add_real(std::string_view name, double value);  // a number without dimensions
  void add_zeros(std::string_view name, const Shape& shape, DataType dtype);

  std::string bytes() const;

 private:
  std::string nodes_, name_, initializers_, inputs_, outputs_, value_infos_;
};

}  // namespace neuralpower
