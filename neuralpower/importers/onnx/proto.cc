// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/proto.h"

#include <string>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/wire.h"

namespace neuralpower::onnx {
namespace {

TensorProto read_tensor(Bytes bytes) {
  TensorProto tensor;
  tensor.message = bytes;
  std::vector<std::int64_t> sizes;
  std::optional<std::size_t> raw_size;
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        message.each_integer([&](std::int64_t size) {
          sizes.push_back(size);
          return sizes.size() <= kMaxRank;
        });
        break;
      case 2:
        tensor.element_type = static_cast<int>(message.integer());
        break;
      case 8:
        tensor.name = message.bytes();
        break;
      case 9:
        raw_size = message.bytes().size();
        break;
      case 14:
        tensor.external = message.integer() == 1;
        break;
      default:
        message.skip();
    }
  }
  const std::string called = "tensor '" + tensor.name + "'";
  if (sizes.size() > kMaxRank)
    throw bad_input(called + " has more than " + std::to_string(kMaxRank) + " dimensions");
  for (const std::int64_t size : sizes)
    if (size < 0) throw bad_input(called + " has a negative size, " + std::to_string(size));
  tensor.shape = Shape(std::move(sizes));
  try {
    const std::int64_t count = tensor.shape.element_count();
    const auto type = data_type_of(tensor.element_type);
    const bool packed = tensor.element_type == kUint4 || tensor.element_type == kInt4;
    if (raw_size && *raw_size > 0 && !tensor.external && type && !packed &&
        static_cast<std::uint64_t>(checked_mul(count, bytes_per_element(*type))) != *raw_size)
      throw bad_input("holds " + std::to_string(*raw_size) +
                      " bytes, which does not fit its shape " + tensor.shape.to_string());
  } catch (Error& error) {
    throw bad_input(called + ": " + error.message());
  }
  return tensor;
}

Dimension read_dimension(Bytes bytes) {
  Dimension dimension;
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        dimension.size = message.integer();
        break;
      case 2:
        dimension.symbol = message.bytes();
        dimension.size.reset();
        break;
      default:
        message.skip();
    }
  }
  return dimension;
}

void read_tensor_type(Bytes bytes, ValueInfo& info) {
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        info.element_type = static_cast<int>(message.integer());
        break;
      case 2: {
        info.dimensions.emplace();
        Message shape(message.bytes());
        while (shape.next()) {
          if (shape.field() != 1) {
            shape.skip();
            continue;
          }
          info.dimensions->push_back(read_dimension(shape.bytes()));
          if (info.dimensions->size() > kMaxRank)
            throw bad_input("'" + std::string(info.name) + "' has more than " +
                            std::to_string(kMaxRank) + " dimensions");
        }
        break;
      }
      default:
        message.skip();
    }
  }
}

ValueInfo read_value_info(Bytes bytes) {
  ValueInfo info;
  Bytes type;
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        info.name = message.bytes();
        break;
      case 2:
        type = message.bytes();
        break;
      default:
        message.skip();
    }
  }
  Message kinds(type);
  while (kinds.next()) {
    if (kinds.field() == 1) {
      read_tensor_type(kinds.bytes(), info);
    } else {
      if (kinds.field() != 6) info.is_tensor = false;  // 6: a denotation, says nothing of the kind
      kinds.skip();
    }
  }
  return info;
}

NodeProto read_node(Bytes bytes) {
  NodeProto node;
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        node.inputs.push_back(message.bytes());
        break;
      case 2:
        node.outputs.push_back(message.bytes());
        break;
      case 3:
        node.name = message.bytes();
        break;
      case 4:
        node.op = message.bytes();
        break;
      case 5:
        node.attributes.push_back(message.bytes());
        break;
      case 7:
        node.domain = message.bytes();
        break;
      case 8:
        node.overload = message.bytes();
        break;
      default:
        message.skip();
    }
  }
  if (node.op.empty())
    throw bad_input("node '" + std::string(node.name) + "' does not say its operation");
  return node;
}

void read_graph(Bytes bytes, GraphProto& graph, const std::function<void()>& stepped_over) {
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        graph.nodes.push_back(read_node(message.bytes()));
        break;
      case 5:
        graph.initializers.push_back(read_tensor(message.bytes()));
        if (stepped_over && graph.initializers.back().message.size() > kLargeTensor) stepped_over();
        break;
      case 11:
        graph.inputs.push_back(read_value_info(message.bytes()));
        break;
      case 12:
        graph.outputs.push_back(read_value_info(message.bytes()));
        break;
      case 13:
        graph.value_infos.push_back(message.bytes());
        break;
      case 15: {  // SparseTensorProto: its dense shape under its values' name and type
        TensorProto values;
        std::vector<std::int64_t> sizes;
        Message sparse(message.bytes());
        while (sparse.next()) {
          if (sparse.field() == 1) {
            values = read_tensor(sparse.bytes());
          } else if (sparse.field() == 3) {
            sparse.each_integer([&](std::int64_t size) {
              sizes.push_back(size);
              return sizes.size() <= kMaxRank;
            });
          } else {
            sparse.skip();
          }
        }
        for (const std::int64_t size : sizes)
          if (size < 0 || sizes.size() > kMaxRank)
            throw bad_input("sparse tensor '" + values.name + "' has impossible sizes");
        values.shape = Shape(std::move(sizes));
        values.message = {};  // its elements are of no use without their positions
        values.external = true;
        graph.initializers.push_back(std::move(values));
        break;
      }
      default:
        message.skip();
    }
  }
}

OpsetImport read_opset(Bytes bytes) {
  OpsetImport opset;
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        opset.domain = message.bytes();
        break;
      case 2:
        opset.version = message.integer();
        break;
      default:
        message.skip();
    }
  }
  if (opset.domain == "ai.onnx") opset.domain = "";
  return opset;
}

FunctionProto read_function(Bytes bytes) {
  FunctionProto function;
  function.size = bytes.size();
  Message message(bytes);
  while (message.next()) {
    switch (message.field()) {
      case 1:
        function.name = message.bytes();
        break;
      case 4:
        function.inputs.push_back(message.bytes());
        break;
      case 5:
        function.outputs.push_back(message.bytes());
        break;
      case 7:
        function.nodes.push_back(read_node(message.bytes()));
        break;
      case 9:
        function.opsets.push_back(read_opset(message.bytes()));
        break;
      case 10:
        function.domain = message.bytes();
        break;
      case 11:
        function.default_attributes.push_back(message.bytes());
        break;
      case 13:
        function.overload = message.bytes();
        break;
      default:
        message.skip();
    }
  }
  return function;
}

}  // namespace

std::optional<DataType> data_type_of(int element_type) {
  switch (element_type) {
    case kFloat:
      return DataType::kF32;
    case kUint8:
      return DataType::kU8;
    case kInt8:
    case kUint4:
    case kInt4:
      return DataType::kI8;
    case kUint16:
    case kInt16:
      return DataType::kI16;
    case kInt32:
    case kUint32:
      return DataType::kI32;
    case kInt64:
    case kUint64:
      return DataType::kI64;
    case kBoolean:
      return DataType::kBool;
    case kFloat16:
      return DataType::kF16;
    case kBfloat16:
      return DataType::kBF16;
    case kDouble:
      return DataType::kF64;
    default:
      if (element_type >= kFloat8First && element_type <= kFloat8Last) return DataType::kI8;
      return std::nullopt;
  }
}

ModelProto parse_model(Bytes bytes, const std::function<void()>& stepped_over) {
  return reading([&] {
    ModelProto model;
    bool has_graph = false;
    Message message(bytes);
    while (message.next()) {
      switch (message.field()) {
        case 2:
          model.producer = message.bytes();
          break;
        case 7:
          read_graph(message.bytes(), model.graph, stepped_over);
          has_graph = true;
          break;
        case 8:
          model.opsets.push_back(read_opset(message.bytes()));
          break;
        case 25:
          model.functions.push_back(read_function(message.bytes()));
          break;
        default:
          message.skip();
      }
    }
    if (!has_graph) throw bad_input("the file holds no graph; it is empty, cut off or not ONNX");
    return model;
  });
}

GraphProto parse_graph(Bytes bytes) {
  return reading([&] {
    GraphProto graph;
    read_graph(bytes, graph, nullptr);
    return graph;
  });
}

TensorProto parse_tensor(Bytes bytes) {
  return reading([&] { return read_tensor(bytes); });
}

ValueInfo parse_value_info(Bytes bytes) {
  return reading([&] { return read_value_info(bytes); });
}

}  // namespace neuralpower::onnx
