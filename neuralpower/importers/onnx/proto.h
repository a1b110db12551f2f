// SPDX-License-Identifier: Apache-2.0
// The messages of an ONNX file that matter here, as views into its bytes.
//
// Nothing is copied but sizes and lists of names, and no tensor's elements are touched: they are
// stepped over by their length. Everything stays valid as long as the bytes do. Attributes,
// subgraphs and tensor contents are kept as undecoded bytes until somebody asks (attributes.h,
// content.h), so the depth of nesting costs nothing here. Field numbers are those of onnx.proto
// (IR version 10); unknown fields are skipped, as protobuf demands.
//
// Error for a message that ends too early, a field of the wrong wire type, or a tensor with
// negative or too many sizes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/shape.h"

namespace neuralpower::onnx {

using Bytes = std::string_view;

// No operator needs more; without a bound a short file could describe long shapes many times.
inline constexpr std::size_t kMaxRank = 32;

// TensorProto.DataType, the ones that are told apart here.
enum ElementType : int {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBoolean = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
  kFloat8First = 17,
  kFloat8Last = 20,
  kUint4 = 21,
  kInt4 = 22,
};

// The type cells have in memory; unsigned types share their signed twin where only the size
// matters, eight-bit floats and four-bit integers count as bytes. Nothing for strings and complex
// numbers.
std::optional<DataType> data_type_of(int element_type);

struct TensorProto {
  std::string name;  // a copy: it lies among the weights, whose pages are not to be touched again
  Shape shape;
  int element_type = kUndefined;
  bool external = false;  // the elements lie in another file
  Bytes message;          // the whole message, for content.h
};

struct Dimension {
  std::optional<std::int64_t> size;  // absent: free, perhaps with a name
  std::string_view symbol;
};

struct ValueInfo {
  std::string_view name;
  int element_type = kUndefined;
  bool is_tensor = true;  // sequences, maps and optionals are not
  std::optional<std::vector<Dimension>> dimensions;
};

struct NodeProto {
  std::string_view op, domain, name, overload;
  std::vector<std::string_view> inputs, outputs;  // an empty name stands for an absent one
  std::vector<Bytes> attributes;                  // AttributeProto, for attributes.h
};

struct GraphProto {
  std::vector<NodeProto> nodes;
  std::vector<TensorProto> initializers;
  std::vector<ValueInfo> inputs, outputs;
  std::vector<Bytes> value_infos;  // ValueInfoProto, decoded when an unknown operation needs them
};

struct OpsetImport {
  std::string_view domain;  // "" is ONNX itself
  std::int64_t version = 0;
};

struct FunctionProto {
  std::string_view name, domain, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<NodeProto> nodes;
  std::vector<Bytes> default_attributes;  // AttributeProto
  std::vector<OpsetImport> opsets;
  std::size_t size = 0;  // bytes of the whole message
};

struct ModelProto {
  std::string_view producer;
  std::vector<OpsetImport> opsets;
  GraphProto graph;
  std::vector<FunctionProto> functions;
};

// Calls `stepped_over` behind each initializer of more than kLargeTensor bytes: a caller who has
// the bytes mapped from a file can give back the pages around it.
inline constexpr std::size_t kLargeTensor = 65'536;
ModelProto parse_model(Bytes bytes, const std::function<void()>& stepped_over = nullptr);
GraphProto parse_graph(Bytes bytes);
TensorProto parse_tensor(Bytes bytes);
ValueInfo parse_value_info(Bytes bytes);

}  // namespace neuralpower::onnx
