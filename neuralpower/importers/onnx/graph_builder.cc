// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/graph_builder.h"

#include <algorithm>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/compositions.h"
#include "neuralpower/importers/onnx/folding.h"
#include "neuralpower/importers/onnx/folding_rules.h"
#include "neuralpower/importers/onnx/parameters.h"
#include "neuralpower/importers/onnx/topology.h"

namespace neuralpower::onnx {
namespace {

// Functions, branches and loops may multiply a small file's nodes; this many is more than any real
// network has.
constexpr std::size_t kMaxInlinedNodes = 100'000;
constexpr std::size_t kMaxInlinedBytes = 64u << 20;
constexpr int kMaxDepth = 24;
constexpr std::int64_t kOldestOpset = 7;

std::string full_name(const NodeProto& node) {
  return node.domain.empty() || node.domain == "ai.onnx"
             ? std::string(node.op)
             : std::string(node.domain) + "::" + std::string(node.op);
}

std::string function_key(std::string_view domain, std::string_view name,
                         std::string_view overload) {
  return std::string(domain) + '\0' + std::string(name) + '\0' + std::string(overload);
}

}  // namespace

GraphBuilder::GraphBuilder(const ModelProto& model, std::optional<std::filesystem::path> folder,
                           std::optional<BatchChange> batch, const GraphBuilder* base)
    : model_(model), batch_(batch), base_(base), contents_(std::move(folder)) {
  for (const FunctionProto& function : model.functions)
    functions_.emplace(function_key(function.domain, function.name, function.overload), &function);
}

void GraphBuilder::run(const std::vector<ResolvedInput>& inputs) {
  Scope scope;
  scope.opsets = &model_.opsets;
  for (const Bytes bytes : model_.graph.value_infos)
    scope.value_infos.emplace(parse_value_info(bytes).name, bytes);
  add_initializers(model_.graph.initializers, scope);
  for (const ResolvedInput& input : inputs) {
    TensorState& tensor = new_tensor(input.name);
    tensor.shape = input.shape;
    tensor.dtype = input.dtype;
    tensor.constant = input.is_parameter;
    if (input.is_parameter) tensor.origin = Origin::kParameterInput;
    has_weights_ = has_weights_ || input.is_parameter;
    bind(input.name, &tensor, scope);
    if (input.is_parameter) continue;
    enter_network(tensor);
    network_.inputs.push_back(tensor.id);
  }
  walk(model_.graph.nodes, scope);
  for (const ValueInfo& output : model_.graph.outputs) {
    TensorState& tensor = output_of(output.name, scope);
    if (tensor.id < 0) enter_network(tensor);
    network_.outputs.push_back(tensor.id);
  }
}

void GraphBuilder::add_initializers(const std::vector<TensorProto>& initializers, Scope& scope) {
  for (const TensorProto& stored : initializers) {
    TensorState& tensor = new_tensor(stored.name);
    tensor.shape = stored.shape;
    tensor.dtype = data_type_of(stored.element_type).value_or(DataType::kI8);
    tensor.constant = true;
    tensor.stored = &stored;
    tensor.origin = Origin::kInitializer;
    has_weights_ = has_weights_ || (is_real(tensor.dtype) && !tensor.shape.empty());
    bind(stored.name, &tensor, scope);
  }
}

void GraphBuilder::walk(const std::vector<NodeProto>& nodes, Scope& scope) {
  for (const std::size_t i : run_order(nodes)) {
    const std::string called = scope.prefix + display_name(nodes[i], i);
    try {
      walk_node(nodes[i], called, scope);
    } catch (Error& error) {
      error.in_node(called);
      throw;
    }
  }
}

void GraphBuilder::walk_node(const NodeProto& node, const std::string& called, Scope& scope) {
  const Attributes attributes(node.attributes, scope.call);
  const bool standard = node.domain.empty() || node.domain == "ai.onnx";
  if (standard && node.op == "Constant") {
    for (const std::string_view form : {"value_string", "value_strings", "sparse_value"})
      if (attributes.has(form))
        return add_unsupported(node, called, {}, "a constant in the form " + std::string(form),
                               scope);
    return define_constant(node, attributes, scope);
  }
  std::vector<TensorState*> inputs = find_inputs(node, scope);
  for (const TensorState* input : inputs)
    if (input && !input->shape_known)
      return add_unsupported(node, called, inputs, "input shape unknown because of " + input->blame,
                             scope);
  if (standard && node.op == "If") {
    if (!walk_if(node, inputs, attributes, scope))
      add_unsupported(node, called, inputs, "which branch is taken depends on data", scope);
    return;
  }
  if (standard && node.op == "Loop") {
    if (!walk_loop(node, called, inputs, attributes, scope))
      add_unsupported(node, called, inputs, "how often the loop runs depends on data", scope);
    return;
  }
  if (standard && node.op == "Einsum" && inputs.size() > 2)
    return walk_function(
        einsums_.emplace_back(attributes.text("equation", ""), inputs.size()).function(), node,
        inputs, attributes, scope);
  if (const FunctionProto* composition = find_composition(node, inputs, attributes))
    return walk_function(*composition, node, inputs, attributes, scope);
  const Operator* op = find_operator(node.domain, node.op);
  if (!op)
    if (const FunctionProto* function = find_function(node))
      return walk_function(*function, node, inputs, attributes, scope);
  if (!op)
    return add_unsupported(node, called, inputs,
                           "nothing is known about operation " + full_name(node), scope);
  NodeView view;
  view.op = node.op;
  view.domain = standard ? std::string_view() : node.domain;
  view.opset = opset_of(view.domain, scope);
  view.attributes = attributes;
  view.inputs = inputs;
  view.output_count = node.outputs.size();
  view.contents = &contents_;
  view.batch = batch_;
  if (base_) {
    for (const TensorState* input : inputs) view.base_inputs.push_back(base_of(input));
    // The output made next here is the one that stands at the same place in the base.
    if (tensors_.size() < base_->tensors_.size() && !node.outputs.empty() &&
        base_->tensors_[tensors_.size()].name == node.outputs[0])
      view.base_output = &base_->tensors_[tensors_.size()];
  }
  Translation translation = op->translate(view);
  if (const auto* unknown = std::get_if<UnsupportedOp>(&translation.op))
    return add_unsupported(node, called, inputs, unknown->reason, scope);
  for (std::size_t i = translation.outputs.size(); i < node.outputs.size(); ++i)
    if (!node.outputs[i].empty())
      throw bad_input(std::string(node.op) + " has no output " + std::to_string(i));
  const bool constant = std::all_of(inputs.begin(), inputs.end(), [](const TensorState* input) {
    return !input || input->constant;
  });
  if (constant || node.op == "Shape" || node.op == "Size")
    return fold_into_constants(node, view, *op, std::move(translation), scope);
  add_layer(node, called, view, *op, std::move(translation), scope);
}

void GraphBuilder::define_constant(const NodeProto& node, const Attributes& attributes,
                                   Scope& scope) {
  if (node.outputs.size() != 1) throw bad_input("a Constant needs one output");
  TensorState& tensor = new_tensor(node.outputs[0]);
  tensor.constant = true;
  tensor.origin = Origin::kLiteral;
  Content content;
  if (const auto value = attributes.tensor("value")) {
    literals_.push_back(*value);
    tensor.shape = value->shape;
    tensor.dtype = data_type_of(value->element_type).value_or(DataType::kI8);
    tensor.stored = &literals_.back();
    // The same number all over (a scale of ones) is no weight.
    const Content* reals = is_real(tensor.dtype) ? contents_.read(tensor) : nullptr;
    if (is_real(tensor.dtype) && has_weights_) tensor.origin = Origin::kComputed;
    if (reals && std::all_of(reals->reals.begin(), reals->reals.end(),
                             [&](double real) { return real == reals->reals[0]; }))
      tensor.origin = Origin::kComputed;
    return bind(node.outputs[0], &tensor, scope);
  }
  if (attributes.has("value_int")) {
    content.integers = {attributes.integer("value_int", 0)};
    tensor.dtype = DataType::kI64;
  } else if (attributes.has("value_float")) {
    content = {true, {}, {attributes.real("value_float", 0)}};
  } else if (const auto* integers = attributes.integers("value_ints")) {
    tensor.shape = {static_cast<std::int64_t>(integers->size())};
    tensor.dtype = DataType::kI64;
    content.integers = *integers;
  } else if (const auto* reals = attributes.reals("value_floats")) {
    tensor.shape = {static_cast<std::int64_t>(reals->size())};
    content = {true, {}, *reals};
    if (has_weights_) tensor.origin = Origin::kComputed;
  } else {
    throw bad_input("a Constant without a value of numbers");
  }
  if (contents_.reserve(static_cast<std::int64_t>(content.size())))
    tensor.content = std::make_shared<const Content>(std::move(content));
  bind(node.outputs[0], &tensor, scope);
}

void GraphBuilder::fold_into_constants(const NodeProto& node, const NodeView& view,
                                       const Operator& op, Translation translation, Scope& scope) {
  const std::vector<ContentPtr> contents = fold(view, translation);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    TensorState& tensor = new_tensor(node.outputs[i]);
    tensor.shape = translation.outputs[i].shape;
    tensor.dtype = translation.outputs[i].dtype;
    tensor.shape.element_count();
    tensor.constant = true;
    tensor.integers_learned = op.integers_learned;
    if (i < contents.size()) tensor.content = contents[i];
    // PyTorch writes parameters that happen to be equal as copies of one; shared ones have one
    // name.
    if (node.op == "Identity" && view.has(0)) tensor.origin = view.inputs[0]->origin;
    for (std::size_t slot = 0; slot < view.inputs.size(); ++slot)
      if ((op.data_slots >> std::min<std::size_t>(slot, 31) & 1u) != 0 && view.constant(slot))
        tensor.sources.push_back(view.inputs[slot]);
    bind(node.outputs[i], &tensor, scope);
  }
}

void GraphBuilder::add_layer(const NodeProto& node, const std::string& called, const NodeView& view,
                             const Operator& op, Translation translation, Scope& scope) {
  Layer layer;
  layer.name = called;
  layer.source_op = full_name(node);
  layer.config = make_layer_config(std::move(translation.op), std::move(translation.inputs),
                                   translation.dtype);
  for (std::size_t slot = 0; slot < view.inputs.size(); ++slot) {
    TensorState* input = view.inputs[slot];
    if (!input) continue;
    if (!input->constant)
      layer.inputs.push_back(input->id);
    else if ((op.data_slots >> std::min<std::size_t>(slot, 31) & 1u) != 0)
      layer.params = checked_add(layer.params, count_parameters(*input, op.integers_learned));
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    TensorState& tensor = new_tensor(node.outputs[i]);
    tensor.shape = translation.outputs[i].shape;
    tensor.dtype = translation.outputs[i].dtype;
    tensor.shape.element_count();
    enter_network(tensor);
    layer.outputs.push_back(tensor.id);
    bind(node.outputs[i], &tensor, scope);
  }
  network_.layers.push_back(std::move(layer));
}

void GraphBuilder::add_unsupported(const NodeProto& node, const std::string& called,
                                   const std::vector<TensorState*>& inputs, std::string reason,
                                   Scope& scope) {
  Layer layer;
  layer.name = called;
  layer.source_op = full_name(node);
  layer.config.op = UnsupportedOp{full_name(node), std::move(reason)};
  for (TensorState* input : inputs) {
    if (!input) continue;
    if (input->constant) {
      layer.params = checked_add(layer.params, count_parameters(*input, false));
    } else {
      layer.inputs.push_back(input->id);
      if (input->shape_known) layer.config.inputs.push_back(at_least_1d(input->shape));
    }
  }
  for (const std::string_view name : node.outputs) {
    if (name.empty()) continue;
    TensorState& tensor = new_tensor(name);
    if (const auto shape = declared_shape(name, scope, tensor.dtype)) {
      tensor.shape = *shape;
    } else {
      tensor.shape_known = false;
      // The first layer that is to blame, not each one behind it.
      const auto behind = std::find_if(inputs.begin(), inputs.end(), [](const TensorState* input) {
        return input && !input->shape_known;
      });
      tensor.blame =
          behind == inputs.end() ? called + " (" + full_name(node) + ")" : (*behind)->blame;
    }
    enter_network(tensor);
    layer.outputs.push_back(tensor.id);
    bind(name, &tensor, scope);
  }
  network_.layers.push_back(std::move(layer));
}

void GraphBuilder::walk_function(const FunctionProto& function, const NodeProto& node,
                                 const std::vector<TensorState*>& inputs,
                                 const Attributes& attributes, Scope& scope) {
  Scope inner = inner_scope(scope, node);
  inner.parent = nullptr;  // a function sees nothing of its surroundings
  if (!function.opsets.empty()) inner.opsets = &function.opsets;
  Attributes call = attributes;
  call.add_missing(Attributes(function.default_attributes));
  inner.call = &call;
  if (inputs.size() > function.inputs.size())
    throw bad_input("the call has more inputs than function " + std::string(function.name));
  for (std::size_t i = 0; i < function.inputs.size(); ++i)
    bind(function.inputs[i], i < inputs.size() ? inputs[i] : nullptr, inner);
  charge_inlined(function.nodes.size(), function.size);
  walk(function.nodes, inner);
  if (node.outputs.size() > function.outputs.size())
    throw bad_input("the call has more outputs than function " + std::string(function.name));
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    bind(node.outputs[i], &output_of(function.outputs[i], inner), scope);
  }
}

void GraphBuilder::charge_inlined(std::size_t nodes, std::size_t bytes) {
  inlined_nodes_ += nodes;
  inlined_bytes_ += bytes;
  if (inlined_nodes_ > kMaxInlinedNodes || inlined_bytes_ > kMaxInlinedBytes)
    throw bad_input("functions, branches and loops unfold to more than " +
                    std::to_string(kMaxInlinedNodes) + " nodes or " +
                    std::to_string(kMaxInlinedBytes >> 20) + " MiB");
}

// ---- Names ------------------------------------------------------------------------------------

TensorState* GraphBuilder::find(std::string_view name, const Scope& scope) const {
  for (const Scope* one = &scope; one; one = one->parent)
    if (const auto found = one->names.find(name); found != one->names.end()) return found->second;
  return nullptr;
}

std::vector<TensorState*> GraphBuilder::find_inputs(const NodeProto& node,
                                                    const Scope& scope) const {
  std::vector<TensorState*> inputs;
  inputs.reserve(node.inputs.size());
  for (const std::string_view name : node.inputs) {
    inputs.push_back(nullptr);
    if (name.empty()) continue;
    const Scope* one = &scope;
    while (one && !one->names.contains(name)) one = one->parent;
    if (!one) throw bad_input("reads tensor '" + std::string(name) + "', which nothing defines");
    inputs.back() = one->names.find(name)->second;
  }
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
  return inputs;
}

TensorState& GraphBuilder::new_tensor(std::string_view name) {
  tensors_.emplace_back();
  tensors_.back().name = name;
  tensors_.back().index = tensors_.size() - 1;
  return tensors_.back();
}

void GraphBuilder::bind(std::string_view name, TensorState* tensor, Scope& scope) {
  if (name.empty()) throw bad_input("a tensor has no name");
  if (!scope.names.emplace(name, tensor).second)
    throw bad_input("tensor '" + std::string(name) + "' is defined twice");
}

void GraphBuilder::enter_network(TensorState& tensor) {
  tensor.id = network_.add_tensor(
      {std::string(tensor.name), tensor.shape, tensor.dtype, tensor.shape_known});
}

std::int64_t GraphBuilder::opset_of(std::string_view domain, const Scope& scope) const {
  for (const OpsetImport& opset : *scope.opsets)
    if (opset.domain == domain) {
      if (domain.empty() && opset.version < kOldestOpset)
        throw bad_input("opset " + std::to_string(opset.version) + " is older than " +
                        std::to_string(kOldestOpset) +
                        ", the oldest that is read; onnx.version_converter brings it up to date");
      return opset.version;
    }
  if (domain.empty()) throw bad_input("the file does not say which opset its operators are from");
  return 1;
}

const FunctionProto* GraphBuilder::find_function(const NodeProto& node) const {
  const auto found = functions_.find(function_key(node.domain, node.op, node.overload));
  return found == functions_.end() ? nullptr : found->second;
}

GraphBuilder::Scope GraphBuilder::inner_scope(const Scope& outer, const NodeProto& node) const {
  Scope inner;
  inner.parent = &outer;
  inner.call = outer.call;
  inner.opsets = outer.opsets;
  inner.depth = outer.depth + 1;
  if (inner.depth > kMaxDepth)
    throw bad_input("functions and subgraphs are nested more than " + std::to_string(kMaxDepth) +
                    " deep");
  inner.prefix = outer.prefix + std::string(node.name.empty() ? node.op : node.name) + "/";
  return inner;
}

const TensorState* GraphBuilder::base_of(const TensorState* tensor) const {
  if (!tensor || tensor->index >= base_->tensors_.size()) return nullptr;
  const TensorState& base = base_->tensors_[tensor->index];
  return base.name == tensor->name ? &base : nullptr;
}

std::optional<Shape> GraphBuilder::declared_shape(std::string_view name, const Scope& scope,
                                                  DataType& dtype) const {
  const auto found = scope.value_infos.find(name);
  ValueInfo info;
  if (found != scope.value_infos.end()) {
    info = parse_value_info(found->second);
  } else if (!scope.parent) {
    for (const ValueInfo& output : model_.graph.outputs)
      if (output.name == name) info = output;
  }
  if (!info.dimensions || batch_) return std::nullopt;  // it tells of the file's own batch size
  std::vector<std::int64_t> sizes;
  for (const Dimension& dimension : *info.dimensions) {
    if (!dimension.size || *dimension.size < 0) return std::nullopt;
    sizes.push_back(*dimension.size);
  }
  dtype = data_type_of(info.element_type).value_or(DataType::kF32);
  Shape shape(std::move(sizes));
  shape.element_count();
  return shape;
}

}  // namespace neuralpower::onnx
