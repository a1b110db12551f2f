// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/onnx_model.h"

#include <protozero/pbf_writer.hpp>

namespace neuralpower {
namespace {

using protozero::pbf_writer;

std::int32_t element_type(DataType type) {
  return static_cast<std::int32_t>(onnx_element_type(type));
}

// AttributeProto: name 1, i 3, s 4, ints 8, type 20 (INT 2, STRING 3, INTS 7).
template <typename Fill>
OnnxAttribute attribute(std::string_view name, std::int32_t type, Fill fill) {
  std::string bytes;
  pbf_writer out(bytes);
  out.add_string(1, name.data(), name.size());
  fill(out);
  out.add_enum(20, type);
  return bytes;
}

// ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { size 1 } } } }.
std::string value_info(std::string_view name, const Shape* shape, DataType dtype) {
  std::string bytes;
  pbf_writer out(bytes);
  out.add_string(1, name.data(), name.size());
  pbf_writer type(out, 2);
  pbf_writer tensor(type, 1);
  tensor.add_enum(1, element_type(dtype));
  if (shape == nullptr) return bytes;
  pbf_writer dims(tensor, 2);
  for (std::int64_t size : *shape) {
    pbf_writer dim(dims, 1);
    dim.add_int64(1, size);
  }
  return bytes;
}

}  // namespace

std::int64_t onnx_element_type(DataType type) {
  switch (type) {
    case DataType::kF32:
    case DataType::kTF32:  // in memory f32
      return 1;
    case DataType::kF16:
      return 10;
    case DataType::kBF16:
      return 16;
    case DataType::kF64:
      return 11;
    case DataType::kI8:
      return 3;
    case DataType::kU8:
      return 2;
    case DataType::kI16:
      return 5;
    case DataType::kI32:
      return 6;
    case DataType::kI64:
      return 7;
    case DataType::kBool:
      return 9;
  }
  return 1;
}

OnnxAttribute integer_attribute(std::string_view name, std::int64_t value) {
  return attribute(name, 2, [&](pbf_writer& out) { out.add_int64(3, value); });
}

OnnxAttribute integers_attribute(std::string_view name, const std::vector<std::int64_t>& values) {
  return attribute(name, 7, [&](pbf_writer& out) {
    for (std::int64_t value : values) out.add_int64(8, value);
  });
}

OnnxAttribute text_attribute(std::string_view name, std::string_view value) {
  return attribute(name, 3, [&](pbf_writer& out) { out.add_bytes(4, value.data(), value.size()); });
}

OnnxModel::OnnxModel(std::string_view graph_name) {
  // GraphProto: node 1, name 2, initializer 5, input 11, output 12, value_info 13.
  pbf_writer(name_).add_string(2, graph_name.data(), graph_name.size());
}

void OnnxModel::add_node(std::string_view name, const OnnxNode& node) {
  // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7.
  pbf_writer graph(nodes_);
  pbf_writer out(graph, 1);
  for (const std::string& input : node.inputs) out.add_string(1, input);
  for (const std::string& output : node.outputs) out.add_string(2, output);
  out.add_string(3, name.data(), name.size());
  out.add_string(4, node.op.data(), node.op.size());
  for (const OnnxAttribute& one : node.attributes) out.add_message(5, one);
  if (!node.domain.empty()) out.add_string(7, node.domain.data(), node.domain.size());
}

void OnnxModel::add_input(std::string_view name, const Shape& shape, DataType dtype) {
  pbf_writer(inputs_).add_message(11, value_info(name, &shape, dtype));
}

void OnnxModel::add_output(std::string_view name, const Shape* shape, DataType dtype) {
  pbf_writer(outputs_).add_message(12, value_info(name, shape, dtype));
}

void OnnxModel::add_value_info(std::string_view name, const Shape& shape, DataType dtype) {
  pbf_writer(value_infos_).add_message(13, value_info(name, &shape, dtype));
}

// TensorProto: dims 1, data_type 2, int64_data 7, name 8, raw_data 9, double_data 10.
void OnnxModel::add_integers(std::string_view name, const std::vector<std::int64_t>& values) {
  pbf_writer graph(initializers_);
  pbf_writer out(graph, 5);
  out.add_int64(1, static_cast<std::int64_t>(values.size()));
  out.add_enum(2, element_type(DataType::kI64));
  out.add_packed_int64(7, values.begin(), values.end());
  out.add_string(8, name.data(), name.size());
}

void OnnxModel::add_real(std::string_view name, double value) {
  pbf_writer graph(initializers_);
  pbf_writer out(graph, 5);
  out.add_enum(2, element_type(DataType::kF64));
  out.add_string(8, name.data(), name.size());
  out.add_packed_double(10, &value, &value + 1);
}

void OnnxModel::add_zeros(std::string_view name, const Shape& shape, DataType dtype) {
  pbf_writer graph(initializers_);
  pbf_writer out(graph, 5);
  for (std::int64_t size : shape) out.add_int64(1, size);
  out.add_enum(2, element_type(dtype));
  out.add_string(8, name.data(), name.size());
  out.add_bytes(9, std::string(static_cast<std::size_t>(shape.element_count()) *
                                   static_cast<std::size_t>(bytes_per_element(dtype)),
                               '\0'));
}

std::string OnnxModel::bytes() const {
  // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 { domain 1, version 2 }.
  std::string bytes;
  pbf_writer out(bytes);
  out.add_int64(1, 8);
  out.add_string(2, "neuralpower");
  out.add_message(7, nodes_ + name_ + initializers_ + inputs_ + outputs_ + value_infos_);
  const auto opset = [&](std::string_view domain, std::int64_t version) {
    pbf_writer message(out, 8);
    message.add_string(1, domain.data(), domain.size());
    message.add_int64(2, version);
  };
  opset("", 17);
  opset(kMicrosoftDomain, 1);
  opset(kOwnDomain, 1);
  return bytes;
}

}  // namespace neuralpower
