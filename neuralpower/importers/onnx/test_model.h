// SPDX-License-Identifier: Apache-2.0
// Writes small ONNX models for tests, field by field, so that broken ones can be written too.
#pragma once

#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <vector>

namespace neuralpower::onnx::test {

using Sizes = std::vector<std::int64_t>;

// An AttributeProto.
class Attribute {
 public:
  static std::string integer(const std::string& name, std::int64_t value) {
    return write(name, 2, [&](auto& out) { out.add_int64(3, value); });
  }
  static std::string integers(const std::string& name, const Sizes& values) {
    return write(name, 7, [&](auto& out) {
      for (const std::int64_t value : values) out.add_int64(8, value);
    });
  }
  static std::string real(const std::string& name, float value) {
    return write(name, 1, [&](auto& out) { out.add_float(2, value); });
  }
  static std::string text(const std::string& name, const std::string& value) {
    return write(name, 3, [&](auto& out) { out.add_string(4, value); });
  }
  static std::string tensor(const std::string& name, const std::string& value) {
    return write(name, 4, [&](auto& out) { out.add_message(5, value); });
  }
  static std::string graph(const std::string& name, const std::string& value) {
    return write(name, 5, [&](auto& out) { out.add_message(6, value); });
  }
  static std::string reference(const std::string& name, int type, const std::string& to) {
    return write(name, type, [&](auto& out) { out.add_string(21, to); });
  }

 private:
  template <typename Fill>
  static std::string write(const std::string& name, int type, Fill fill) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    out.add_string(1, name);
    fill(out);
    out.add_int32(20, type);
    return bytes;
  }
};

// A TensorProto with int64 elements, or of another type without any.
inline std::string integers_tensor(const std::string& name, const Sizes& sizes,
                                   const Sizes& elements) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  for (const std::int64_t size : sizes) out.add_int64(1, size);
  out.add_int32(2, 7);
  out.add_packed_int64(7, elements.begin(), elements.end());
  out.add_string(8, name);
  return bytes;
}
inline std::string reals_tensor(const std::string& name, const Sizes& sizes,
                                const std::vector<float>& elements) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  for (const std::int64_t size : sizes) out.add_int64(1, size);
  out.add_int32(2, 1);
  out.add_packed_float(4, elements.begin(), elements.end());
  out.add_string(8, name);
  return bytes;
}
inline std::string stripped_tensor(const std::string& name, const Sizes& sizes, int type = 1) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  for (const std::int64_t size : sizes) out.add_int64(1, size);
  out.add_int32(2, type);
  out.add_string(8, name);
  return bytes;
}

// A ValueInfoProto; a symbol, where there is one, takes the place of the size.
inline std::string value_info(const std::string& name, const Sizes& sizes, int type = 1,
                              const std::vector<std::string>& symbols = {}) {
  std::string shape;
  protozero::pbf_writer shape_out(shape);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::string dimension;
    protozero::pbf_writer dimension_out(dimension);
    if (i < symbols.size() && !symbols[i].empty())
      dimension_out.add_string(2, symbols[i]);
    else
      dimension_out.add_int64(1, sizes[i]);
    shape_out.add_message(1, dimension);
  }
  std::string tensor, kind, bytes;
  protozero::pbf_writer tensor_out(tensor), kind_out(kind), out(bytes);
  tensor_out.add_int32(1, type);
  tensor_out.add_message(2, shape);
  kind_out.add_message(1, tensor);
  out.add_string(1, name);
  out.add_message(2, kind);
  return bytes;
}

using Names = std::vector<std::string>;

inline std::string node(const std::string& op, const Names& inputs, const Names& outputs,
                        const std::vector<std::string>& attributes = {},
                        const std::string& name = "", const std::string& domain = "") {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  for (const std::string& input : inputs) out.add_string(1, input);
  for (const std::string& output : outputs) out.add_string(2, output);
  if (!name.empty()) out.add_string(3, name);
  out.add_string(4, op);
  for (const std::string& attribute : attributes) out.add_message(5, attribute);
  if (!domain.empty()) out.add_string(7, domain);
  return bytes;
}

// A graph, and the model around it.
class Model {
 public:
  Model& opset(std::int64_t version) { return opset_ = version, *this; }
  Model& input(const std::string& name, const Sizes& sizes, int type = 1,
               const std::vector<std::string>& symbols = {}) {
    return field(11, value_info(name, sizes, type, symbols));
  }
  Model& output(const std::string& name) {
    std::string info;
    protozero::pbf_writer(info).add_string(1, name);
    return field(12, info);
  }
  Model& declare(const std::string& name, const Sizes& sizes) {
    return field(13, value_info(name, sizes));
  }
  Model& weight(const std::string& name, const Sizes& sizes, int type = 1) {
    return field(5, stripped_tensor(name, sizes, type));
  }
  Model& integers(const std::string& name, const Sizes& elements) {
    return field(5, integers_tensor(name, {static_cast<std::int64_t>(elements.size())}, elements));
  }
  Model& initializer(const std::string& tensor) { return field(5, tensor); }
  Model& add(const std::string& op, const Names& inputs, const Names& outputs,
             const std::vector<std::string>& attributes = {}, const std::string& name = "",
             const std::string& domain = "") {
    return field(1, node(op, inputs, outputs, attributes, name, domain));
  }
  Model& function(const std::string& bytes) { return functions_.push_back(bytes), *this; }

  const std::string& graph() const { return graph_; }
  std::string bytes() const {
    std::string bytes, opset;
    protozero::pbf_writer out(bytes), opset_out(opset);
    opset_out.add_int64(2, opset_);
    out.add_int64(1, 8);
    out.add_message(8, opset);
    out.add_message(7, graph_);
    for (const std::string& function : functions_) out.add_message(25, function);
    return bytes;
  }

 private:
  Model& field(protozero::pbf_tag_type tag, const std::string& message) {
    protozero::pbf_writer(graph_).add_message(tag, message);
    return *this;
  }

  std::string graph_;
  std::vector<std::string> functions_;
  std::int64_t opset_ = 13;
};

}  // namespace neuralpower::onnx::test
