// SPDX-License-Identifier: Apache-2.0
// GraphBuilder: walks an ONNX graph in running order and grows the Network layer by layer.
//
// Every node ends in one of four ways: its outputs are known constants (the arithmetic of shapes,
// transposed weights), it is a layer, it is replaced by the nodes of its function or of the branch
// that is taken, or it is an UnsupportedOp with a reason. None is dropped.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "neuralpower/importers/onnx/einsum.h"
#include "neuralpower/importers/onnx/graph_inputs.h"
#include "neuralpower/importers/onnx/node_view.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/network/network.h"

namespace neuralpower::onnx {

class GraphBuilder {
 public:
  // `model` must outlive the builder. `folder`: where external data lies, if it may be read.
  // `base`: a builder that has walked the same model at the file's own batch size, or nullptr.
  GraphBuilder(const ModelProto& model, std::optional<std::filesystem::path> folder,
               std::optional<BatchChange> batch = std::nullopt, const GraphBuilder* base = nullptr);

  // Walks the model's graph. Error, with the node's name, for what is broken.
  void run(const std::vector<ResolvedInput>& inputs);

  Network take() { return std::move(network_); }

 private:
  // The names of one graph, subgraph or function body; those of `parent` show through.
  struct Scope {
    const Scope* parent = nullptr;
    const Attributes* call = nullptr;  // of the function call, for attribute references
    const std::vector<OpsetImport>* opsets = nullptr;
    std::string prefix;  // of layer names
    int depth = 0;
    std::unordered_map<std::string_view, TensorState*> names = {};  // nullptr: an absent input
    std::unordered_map<std::string_view, Bytes> value_infos = {};
  };

  void add_initializers(const std::vector<TensorProto>& initializers, Scope& scope);
  void walk(const std::vector<NodeProto>& nodes, Scope& scope);
  void walk_node(const NodeProto& node, const std::string& called, Scope& scope);

  // The ways a node can end.
  void define_constant(const NodeProto& node, const Attributes& attributes, Scope& scope);
  void fold_into_constants(const NodeProto& node, const NodeView& view, const Operator& op,
                           Translation translation, Scope& scope);
  void add_layer(const NodeProto& node, const std::string& called, const NodeView& view,
                 const Operator& op, Translation translation, Scope& scope);
  void add_unsupported(const NodeProto& node, const std::string& called,
                       const std::vector<TensorState*>& inputs, std::string reason, Scope& scope);
  void walk_function(const FunctionProto& function, const NodeProto& node,
                     const std::vector<TensorState*>& inputs, const Attributes& attributes,
                     Scope& scope);
  // Control flow (control_flow.cc); false if it cannot be resolved before running.
  bool walk_if(const NodeProto& node, const std::vector<TensorState*>& inputs,
               const Attributes& attributes, Scope& scope);
  bool walk_loop(const NodeProto& node, const std::string& called,
                 const std::vector<TensorState*>& inputs, const Attributes& attributes,
                 Scope& scope);
  const GraphProto& parse_subgraph(Bytes bytes);
  void walk_subgraph(const GraphProto& graph, Scope& inner);
  TensorState& stack_up(const std::vector<TensorState*>& parts, const NodeProto& node,
                        const std::string& called, std::string_view name);
  TensorState& output_of(std::string_view name, const Scope& scope) const;
  // Charges what functions, branches and loops unfold to. Error beyond any real network's need.
  void charge_inlined(std::size_t nodes, std::size_t bytes);

  TensorState* find(std::string_view name, const Scope& scope) const;
  std::vector<TensorState*> find_inputs(const NodeProto& node, const Scope& scope) const;
  TensorState& new_tensor(std::string_view name);
  void bind(std::string_view name, TensorState* tensor, Scope& scope);
  void enter_network(TensorState& tensor);
  std::int64_t opset_of(std::string_view domain, const Scope& scope) const;
  const FunctionProto* find_function(const NodeProto& node) const;
  Scope inner_scope(const Scope& outer, const NodeProto& node) const;
  const TensorState* base_of(const TensorState* tensor) const;
  std::optional<Shape> declared_shape(std::string_view name, const Scope& scope,
                                      DataType& dtype) const;

  const ModelProto& model_;
  std::optional<BatchChange> batch_;
  const GraphBuilder* base_;
  ContentReader contents_;
  std::unordered_map<std::string, const FunctionProto*> functions_;
  std::deque<TensorState> tensors_;  // in the order in which they are made, equal in the base
  std::deque<TensorProto> literals_;
  std::deque<GraphProto> subgraphs_;
  std::deque<EinsumChain> einsums_;
  std::size_t inlined_nodes_ = 0, inlined_bytes_ = 0;
  bool has_weights_ = false;  // stored beside the nodes: Constant nodes hold none then
  Network network_;
};

}  // namespace neuralpower::onnx
