// SPDX-License-Identifier: Apache-2.0
// If and Loop, where the file itself decides what runs: the taken branch, or the body as often as
// it runs, takes the node's place. What depends on data is reported, not guessed.
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/graph_builder.h"

namespace neuralpower::onnx {
namespace {

constexpr std::int64_t kMaxUnrolledNodes = 50'000;

std::optional<std::int64_t> known_number(ContentReader& contents, TensorState* tensor) {
  const Content* content = tensor ? contents.read(*tensor) : nullptr;
  if (!content || content->size() != 1 || content->is_real) return std::nullopt;
  return content->integers[0];
}

// Where a loop's condition comes from, seen through copies: a name that is no copy's output.
std::string_view origin_of(std::string_view name, const GraphProto& body) {
  for (std::size_t steps = 0; steps <= body.nodes.size() && steps < 100; ++steps) {
    const NodeProto* writer = nullptr;
    for (const NodeProto& node : body.nodes)
      if (!node.outputs.empty() && node.outputs[0] == name) writer = &node;
    if (!writer || writer->inputs.size() != 1 || (writer->op != "Identity" && writer->op != "Cast"))
      return name;
    name = writer->inputs[0];
  }
  return name;
}

bool is_written(std::string_view name, const GraphProto& body) {
  for (const NodeProto& node : body.nodes)
    for (const std::string_view output : node.outputs)
      if (output == name) return node.op != "Constant";
  return false;
}

}  // namespace

bool GraphBuilder::walk_if(const NodeProto& node, const std::vector<TensorState*>& inputs,
                           const Attributes& attributes, Scope& scope) {
  if (inputs.size() != 1) throw bad_input("If needs one condition");
  const auto condition = known_number(contents_, inputs[0]);
  if (!condition) return false;
  const auto bytes = attributes.graph(*condition != 0 ? "then_branch" : "else_branch");
  if (!bytes) throw bad_input("If without its branches");
  const GraphProto& branch = parse_subgraph(*bytes);
  Scope inner = inner_scope(scope, node);
  walk_subgraph(branch, inner);
  if (node.outputs.size() > branch.outputs.size())
    throw bad_input("If has more outputs than its branch");
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    if (!node.outputs[i].empty())
      bind(node.outputs[i], &output_of(branch.outputs[i].name, inner), scope);
  return true;
}

bool GraphBuilder::walk_loop(const NodeProto& node, const std::string& called,
                             const std::vector<TensorState*>& inputs, const Attributes& attributes,
                             Scope& scope) {
  const auto bytes = attributes.graph("body");
  if (!bytes) throw bad_input("Loop without a body");
  const auto times = known_number(contents_, inputs.empty() ? nullptr : inputs[0]);
  if (!times || *times < 1) return false;
  const GraphProto& body = parse_subgraph(*bytes);
  const std::size_t carried = inputs.size() > 2 ? inputs.size() - 2 : 0;
  if (body.inputs.size() != 2 + carried || body.outputs.size() < 1 + carried ||
      node.outputs.size() > body.outputs.size() - 1)
    throw bad_input("the loop's body does not have the inputs and outputs of the loop");
  // It runs to the end if the condition holds at first and the body only hands it on.
  if (inputs.size() > 1 && inputs[1] && known_number(contents_, inputs[1]).value_or(0) == 0)
    return false;
  const std::string_view condition = origin_of(body.outputs[0].name, body);
  if (condition != body.inputs[1].name && is_written(condition, body)) return false;
  if (*times > kMaxUnrolledNodes ||
      *times * static_cast<std::int64_t>(body.nodes.size() + 1) > kMaxUnrolledNodes)
    return false;

  std::vector<TensorState*> state(
      inputs.begin() + static_cast<std::ptrdiff_t>(inputs.size() - carried), inputs.end());
  std::vector<std::vector<TensorState*>> scans(body.outputs.size() - 1 - carried);
  for (std::int64_t i = 0; i < *times; ++i) {
    Scope inner = inner_scope(scope, node);
    inner.prefix += std::to_string(i) + "/";
    TensorState& number = new_tensor(body.inputs[0].name);
    number.constant = true;
    number.dtype = DataType::kI64;
    number.content = std::make_shared<const Content>(Content{false, {i}, {}});
    TensorState& go_on = new_tensor(body.inputs[1].name);
    go_on.constant = true;
    go_on.dtype = DataType::kBool;
    go_on.content = std::make_shared<const Content>(Content{false, {1}, {}});
    bind(body.inputs[0].name, &number, inner);
    bind(body.inputs[1].name, &go_on, inner);
    for (std::size_t k = 0; k < carried; ++k) bind(body.inputs[2 + k].name, state[k], inner);
    walk_subgraph(body, inner);
    if (i == 0 && known_number(contents_, &output_of(body.outputs[0].name, inner)).value_or(0) == 0)
      throw bad_input("the loop's condition ends it after the first run, but its count does not");
    for (std::size_t k = 0; k < carried; ++k)
      state[k] = &output_of(body.outputs[1 + k].name, inner);
    for (std::size_t k = 0; k < scans.size(); ++k)
      scans[k].push_back(&output_of(body.outputs[1 + carried + k].name, inner));
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    bind(node.outputs[i],
         i < carried ? state[i] : &stack_up(scans[i - carried], node, called, node.outputs[i]),
         scope);
  }
  return true;
}

// The tensors one behind the other along a new first axis.
TensorState& GraphBuilder::stack_up(const std::vector<TensorState*>& parts, const NodeProto& node,
                                    const std::string& called, std::string_view name) {
  Layer layer;
  layer.name = called;
  layer.source_op = std::string(node.op);
  std::vector<Shape> shapes;
  bool constant = true, known = true;
  for (const TensorState* part : parts) {
    known = known && part->shape_known && part->shape == parts[0]->shape;
    constant = constant && part->constant;
    if (!part->constant) layer.inputs.push_back(part->id);
    shapes.push_back({1, part->shape.element_count()});
  }
  TensorState& tensor = new_tensor(name);
  tensor.dtype = parts[0]->dtype;
  tensor.constant = constant && known;
  if (known) {
    std::vector<std::int64_t> sizes = {static_cast<std::int64_t>(parts.size())};
    sizes.insert(sizes.end(), parts[0]->shape.begin(), parts[0]->shape.end());
    tensor.shape = Shape(std::move(sizes));
    tensor.shape.element_count();
    if (constant) return tensor;
    layer.config = make_layer_config(Concat{1}, std::move(shapes), tensor.dtype);
  } else {
    tensor.shape_known = false;
    tensor.blame = called + " (Loop)";
    layer.config.op = UnsupportedOp{"Loop", "its runs give parts of different or unknown shapes"};
  }
  enter_network(tensor);
  layer.outputs.push_back(tensor.id);
  network_.layers.push_back(std::move(layer));
  return tensor;
}

const GraphProto& GraphBuilder::parse_subgraph(Bytes bytes) {
  charge_inlined(0, bytes.size());
  return subgraphs_.emplace_back(parse_graph(bytes));
}

void GraphBuilder::walk_subgraph(const GraphProto& graph, Scope& inner) {
  charge_inlined(graph.nodes.size(), 0);
  for (const Bytes bytes : graph.value_infos)
    inner.value_infos.emplace(parse_value_info(bytes).name, bytes);
  add_initializers(graph.initializers, inner);
  walk(graph.nodes, inner);
}

TensorState& GraphBuilder::output_of(std::string_view name, const Scope& scope) const {
  TensorState* tensor = find(name, scope);
  if (!tensor) throw bad_input("output '" + std::string(name) + "' is computed by no node");
  return *tensor;
}

}  // namespace neuralpower::onnx
