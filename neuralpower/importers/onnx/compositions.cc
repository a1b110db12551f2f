// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/compositions.h"

#include <algorithm>
#include <array>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>

namespace neuralpower::onnx {
namespace {

// AttributeProto: a number, or whatever the call has under the name `call_name`.
std::string number(const std::string& name, std::int64_t value) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  out.add_string(1, name);
  out.add_int64(3, value);
  out.add_int32(20, 2);
  return bytes;
}
std::string of_call(const std::string& name, const std::string& call_name) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  out.add_string(1, name);
  out.add_int32(20, 2);
  out.add_string(21, call_name);
  return bytes;
}

// The attributes' bytes, which the steps only view.
struct Settings {
  std::string heads = of_call("q_num_heads", "num_heads");
  std::string shared_heads = of_call("kv_num_heads", "num_heads");
  std::string last_axis = number("axis", -1);
  std::string first_axis = number("axis", 0);
  std::string three = number("num_outputs", 3);
};

using Names = std::vector<std::string_view>;

NodeProto step(std::string_view op, Names inputs, Names outputs, std::vector<Bytes> attributes) {
  NodeProto node;
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  return node;
}

FunctionProto function(std::string_view name, Names inputs, Names outputs,
                       std::vector<NodeProto> nodes) {
  FunctionProto result;
  result.name = name;
  result.domain = "com.microsoft";
  result.inputs = std::move(inputs);
  result.outputs = std::move(outputs);
  result.nodes = std::move(nodes);
  result.opsets = {{"", 23}};
  return result;
}

FunctionProto attention(const Settings& settings) {
  return function(
      "Attention", {"x", "w", "b", "mask", "past", "bias"}, {"y"},
      {step("MatMul", {"x", "w"}, {"product"}, {}), step("Add", {"product", "b"}, {"qkv"}, {}),
       step("Split", {"qkv"}, {"q", "k", "v"}, {settings.last_axis, settings.three}),
       step("Attention", {"q", "k", "v"}, {"y"}, {settings.heads, settings.shared_heads})});
}

FunctionProto multi_head_attention(const Settings& settings) {
  return function(
      "MultiHeadAttention", {"q", "k", "v", "b", "padding", "bias"}, {"y"},
      {step("Attention", {"q", "k", "v"}, {"y"}, {settings.heads, settings.shared_heads})});
}

// The positions are 0, 1, ...; as many rows of their table are read as of the words'.
FunctionProto embed_layer_norm(const Settings& settings) {
  return function(
      "EmbedLayerNormalization",
      {"ids", "segments", "words", "places", "kinds", "scale", "shift", "mask"},
      {"y", "lengths", "sum"},
      {step("Gather", {"words", "ids"}, {"word"}, {settings.first_axis}),
       step("Gather", {"places", "ids"}, {"place"}, {settings.first_axis}),
       step("Gather", {"kinds", "segments"}, {"kind"}, {settings.first_axis}),
       step("Add", {"word", "place"}, {"both"}, {}), step("Add", {"both", "kind"}, {"sum"}, {}),
       step("LayerNormalization", {"sum", "scale", "shift"}, {"y"}, {settings.last_axis}),
       step("ArgMax", {"ids"}, {"lengths"}, {settings.last_axis})});
}

struct Composition {
  FunctionProto function;
  std::size_t needed;  // its first inputs, which must be there
  bool needs_heads;
};

}  // namespace

const FunctionProto* find_composition(const NodeProto& node,
                                      const std::vector<TensorState*>& inputs,
                                      const Attributes& attributes) {
  static const Settings settings;
  static const std::array<Composition, 3> compositions = {
      {{attention(settings), 3, true},
       {multi_head_attention(settings), 3, true},
       {embed_layer_norm(settings), 7, false}}};
  if (node.domain != "com.microsoft") return nullptr;
  for (const Composition& row : compositions) {
    if (row.function.name != node.op) continue;
    const bool is_there =
        inputs.size() >= row.needed && inputs.size() <= row.function.inputs.size() &&
        std::find(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(row.needed),
                  nullptr) == inputs.begin() + static_cast<std::ptrdiff_t>(row.needed);
    const bool has_past = node.op == "Attention" && inputs.size() > 4 && inputs[4];
    const bool fits = node.outputs.size() <= row.function.outputs.size() &&
                      (!row.needs_heads || attributes.has("num_heads")) &&
                      !attributes.has("qkv_hidden_sizes");
    return is_there && fits && !has_past ? &row.function : nullptr;
  }
  return nullptr;
}

}  // namespace neuralpower::onnx
