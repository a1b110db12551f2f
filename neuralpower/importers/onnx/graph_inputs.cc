// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/graph_inputs.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower::onnx {
namespace {

bool names_a_batch(std::string_view symbol) {
  const std::string lower = to_lower(symbol);
  return lower.find("batch") != std::string::npos || lower == "n" || lower == "b" || lower == "bs";
}

// Some exporters write an open size as -1, and an open batch as 0.
bool is_open(const Dimension& dimension, std::size_t axis) {
  return !dimension.size || *dimension.size == -1 || (*dimension.size == 0 && axis == 0);
}

// ---- Parameters among the inputs ------------------------------------------------------------

struct WeightSlots {
  std::string_view op;
  unsigned slots;  // bit i: input i is a weight
};
constexpr std::array<WeightSlots, 13> kWeightSlots = {{
    {"Conv", 0b110},
    {"ConvTranspose", 0b110},
    {"Gemm", 0b110},
    {"BatchNormalization", 0b11110},
    {"InstanceNormalization", 0b110},
    {"LayerNormalization", 0b110},
    {"GroupNormalization", 0b110},
    {"PRelu", 0b10},
    {"LSTM", 0b1110},
    {"GRU", 0b1110},
    {"RNN", 0b1110},
    {"QLinearConv", 0b111111110},
    {"Layer", 0b1},  // neuralpower::Layer
}};

bool is_weight_slot(std::string_view op, std::size_t slot) {
  for (const WeightSlots& row : kWeightSlots)
    if (row.op == op) return slot < 32 && (row.slots >> slot & 1u) != 0;
  return false;
}

// Inputs that stand for weights in a file whose initializers are none: read only where weights
// are, or called so. Initializers that give shapes and limits do not make it a file with weights.
std::unordered_set<std::string_view> find_parameters(const GraphProto& graph) {
  std::unordered_set<std::string_view> initializers;
  for (const TensorProto& tensor : graph.initializers) initializers.insert(tensor.name);
  std::unordered_map<std::string_view, bool> only_weight;
  for (const NodeProto& node : graph.nodes)
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const bool weight = is_weight_slot(node.op, i);
      if (weight && initializers.contains(node.inputs[i])) return {};
      const auto [found, fresh] = only_weight.emplace(node.inputs[i], weight);
      if (!fresh) found->second = found->second && weight;
    }
  std::unordered_set<std::string_view> parameters;
  bool any_sure = false;
  for (const ValueInfo& input : graph.inputs) {
    const auto found = only_weight.find(input.name);
    if (found == only_weight.end() || !found->second) continue;
    parameters.insert(input.name);
    any_sure = true;
  }
  if (any_sure)
    for (const ValueInfo& input : graph.inputs)
      for (const std::string_view word : {".weight", ".bias", "weight_", "bias_"})
        if (input.name.find(word) != std::string_view::npos) parameters.insert(input.name);
  return parameters;
}

// ---- One input --------------------------------------------------------------------------------

struct Declared {
  const ValueInfo* info = nullptr;
  const Shape* given = nullptr;  // by the user
  std::optional<std::size_t> batch_axis;
  std::string called() const { return "input '" + std::string(info->name) + "'"; }
};

std::optional<std::size_t> find_batch_axis(const std::vector<Dimension>& dimensions) {
  for (std::size_t i = 0; i < dimensions.size(); ++i)
    if (is_open(dimensions[i], i) && names_a_batch(dimensions[i].symbol)) return i;
  if (dimensions.empty()) return std::nullopt;
  return 0;
}

void check(const Declared& input) {
  if (!input.info->is_tensor) throw bad_input(input.called() + " is not a tensor");
  if (input.info->element_type == kString)
    throw bad_input(input.called() + " holds strings; only networks of numbers are described");
  if (!input.info->dimensions) return;
  for (const Dimension& dimension : *input.info->dimensions)
    if (dimension.size && *dimension.size < -1)
      throw bad_input(input.called() + " has a negative size, " + std::to_string(*dimension.size));
  if (input.given && input.given->rank() != input.info->dimensions->size())
    throw usage_error("--shape gives " + input.called() + " " +
                      std::to_string(input.given->rank()) + " dimensions, it has " +
                      std::to_string(input.info->dimensions->size()));
}

using Symbols = std::map<std::string_view, std::int64_t>;

[[noreturn]] void ask_for_shape(const Declared& input, const Symbols& symbols, std::int64_t batch) {
  std::string example, open;
  if (input.info->dimensions)
    for (std::size_t i = 0; i < input.info->dimensions->size(); ++i) {
      const Dimension& dimension = (*input.info->dimensions)[i];
      std::string text = "?";
      if (i == input.batch_axis && is_open(dimension, i)) {
        text = std::to_string(batch);
      } else if (!is_open(dimension, i)) {
        text = std::to_string(*dimension.size);
      } else if (const auto known = symbols.find(dimension.symbol); known != symbols.end()) {
        text = std::to_string(known->second);
      } else {
        open += (open.empty() ? "" : ", ") + (dimension.symbol.empty()
                                                  ? "axis " + std::to_string(i)
                                                  : "'" + std::string(dimension.symbol) + "'");
      }
      example += (example.empty() ? "" : "x") + text;
    }
  if (example.empty()) example = "1x3x224x224";
  throw bad_input(input.called() + " leaves " + (open.empty() ? "its shape" : open) +
                  " open; give --shape " + std::string(input.info->name) + "=" + example +
                  (open.empty() ? " or the like" : " with a number for each ?"));
}

Shape fixed_shape(const ValueInfo& info) {
  std::vector<std::int64_t> sizes;
  if (!info.dimensions) throw bad_input("parameter '" + std::string(info.name) + "' has no shape");
  for (const Dimension& dimension : *info.dimensions) {
    if (!dimension.size || *dimension.size < 0)
      throw bad_input("parameter '" + std::string(info.name) + "' has no fixed shape");
    sizes.push_back(*dimension.size);
  }
  return Shape(std::move(sizes));
}

}  // namespace

ResolvedInputs resolve_inputs(const GraphProto& graph, const ImportOptions& options) {
  std::unordered_set<std::string_view> stored;
  for (const TensorProto& tensor : graph.initializers) stored.insert(tensor.name);
  const auto parameters = find_parameters(graph);
  std::vector<Declared> declared;
  ResolvedInputs result;
  std::string names;
  for (const ValueInfo& info : graph.inputs) {
    if (info.name.empty()) throw bad_input("an input of the graph has no name");
    if (stored.contains(info.name)) continue;  // an initializer; the input is its default's name
    const DataType dtype = data_type_of(info.element_type).value_or(DataType::kF32);
    if (parameters.contains(info.name)) {
      const Shape shape = fixed_shape(info);
      result.inputs.push_back({info.name, shape, shape, dtype, true});
      continue;
    }
    Declared input{&info, nullptr, std::nullopt};
    const auto given = options.shapes.find(std::string(info.name));
    if (given != options.shapes.end()) input.given = &given->second;
    check(input);
    if (info.dimensions) input.batch_axis = find_batch_axis(*info.dimensions);
    if (!info.dimensions && input.given && !input.given->empty()) input.batch_axis = 0;
    declared.push_back(input);
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  for (const auto& given : options.shapes)
    if (std::none_of(declared.begin(), declared.end(),
                     [&](const Declared& input) { return input.info->name == given.first; }))
      throw usage_error("the network has no input '" + given.first + "'; it has " +
                        (names.empty() ? "none" : names));

  // The file's batch is that of its first input that has one; another input's axis 0 of another
  // fixed size is no batch.
  std::optional<std::int64_t> file_batch;
  for (Declared& input : declared) {
    if (!input.batch_axis) continue;
    const std::size_t axis = *input.batch_axis;
    if (!input.info->dimensions || is_open((*input.info->dimensions)[axis], axis)) continue;
    const std::int64_t size = *(*input.info->dimensions)[axis].size;
    if (!file_batch) file_batch = size;
    if (size != *file_batch) input.batch_axis.reset();
  }
  const std::int64_t from = file_batch.value_or(1);
  std::optional<std::int64_t> to = options.batch;
  Symbols symbols;
  for (const Declared& input : declared) {
    if (!input.given) continue;
    if (!to && input.batch_axis) to = (*input.given)[*input.batch_axis];
    if (!input.info->dimensions) continue;
    for (std::size_t i = 0; i < input.given->rank(); ++i)
      if (const Dimension& dimension = (*input.info->dimensions)[i]; !dimension.symbol.empty())
        symbols.emplace(dimension.symbol, (*input.given)[i]);
  }
  result.batch = to.value_or(from);
  if (result.batch < 1) throw usage_error("the batch size must be at least 1");
  if (result.batch != from && from >= 1) result.change = BatchChange{from, result.batch};

  for (const Declared& input : declared) {
    ResolvedInput resolved;
    resolved.name = input.info->name;
    resolved.dtype = data_type_of(input.info->element_type).value_or(DataType::kF32);
    if (input.given) {
      resolved.shape = *input.given;
    } else {
      if (!input.info->dimensions) ask_for_shape(input, symbols, result.batch);
      std::vector<std::int64_t> sizes;
      for (std::size_t i = 0; i < input.info->dimensions->size(); ++i) {
        const Dimension& dimension = (*input.info->dimensions)[i];
        const auto known = symbols.find(dimension.symbol);
        if (i == input.batch_axis)
          sizes.push_back(result.batch);
        else if (!is_open(dimension, i))
          sizes.push_back(*dimension.size);
        else if (!dimension.symbol.empty() && names_a_batch(dimension.symbol))
          sizes.push_back(result.batch);
        else if (!dimension.symbol.empty() && known != symbols.end())
          sizes.push_back(known->second);
        else
          ask_for_shape(input, symbols, result.batch);
      }
      resolved.shape = Shape(std::move(sizes));
    }
    try {
      resolved.shape.element_count();
    } catch (Error& error) {
      error.in_node(input.called());
      throw;
    }
    resolved.base_shape = resolved.shape;
    if (input.batch_axis && resolved.shape[*input.batch_axis] == result.batch)
      resolved.base_shape[*input.batch_axis] = from;
    result.inputs.push_back(std::move(resolved));
  }
  return result;
}

}  // namespace neuralpower::onnx
