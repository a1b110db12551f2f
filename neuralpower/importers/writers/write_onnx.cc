// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/write_onnx.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/importers/writers/onnx_model.h"
#include "neuralpower/importers/writers/onnx_operators.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

// Learned values of this many elements are written out, as an operand of an element-wise layer.
constexpr std::int64_t kMostWrittenOut = 1 << 16;

class OnnxWriter {
 public:
  explicit OnnxWriter(const Network& network)
      : network_(network),
        model_(network.name.empty() ? "network" : printable(network.name, 200)),
        names_(network.tensors.size()),
        is_output_(network.tensors.size(), false) {
    for (TensorId id : network.outputs) is_output_[static_cast<std::size_t>(id)] = true;
  }

  std::string write() {
    for (TensorId id : network_.inputs) add_graph_input(id, "input");
    for (const Layer& layer : network_.layers) {
      // What nobody computes is a constant of the file: another input, as its values are not known.
      for (TensorId id : layer.inputs)
        if (name(id).empty()) add_graph_input(id, "constant");
      try {
        add_layer(layer);
      } catch (Error& error) {
        error.in_node(layer.name);
        throw;
      }
    }
    for (TensorId id : network_.outputs)
      model_.add_output(name(id), tensor(id).shape_known ? &tensor(id).shape : nullptr,
                        tensor(id).dtype);
    return model_.bytes();
  }

 private:
  std::string& name(TensorId id) { return names_[static_cast<std::size_t>(id)]; }
  const Tensor& tensor(TensorId id) const { return network_.tensors[static_cast<std::size_t>(id)]; }

  std::string unique(const std::string& wanted) {
    const std::string stem = wanted.empty() ? "tensor" : escape_name(wanted);
    std::string text = stem;
    while (!taken_.insert(text).second) text = stem + "_" + std::to_string(++copies_[stem] + 1);
    return text;
  }

  void add_graph_input(TensorId id, const char* fallback) {
    name(id) = unique(tensor(id).name.empty() ? fallback : tensor(id).name);
    model_.add_input(name(id), tensor(id).shape, tensor(id).dtype);
  }

  std::string add_weight(const std::string& wanted, const Shape& shape, DataType dtype) {
    std::string text = unique(wanted);
    model_.add_input(text, shape, dtype);
    return text;
  }

  // `from` seen as `to`, through a Reshape if it has another shape.
  std::string reshaped(const std::string& from, const Shape& shape, const Shape& to,
                       DataType dtype) {
    if (shape == to) return from;
    const std::string target = unique(from + ".shape"), result = unique(from + ".view");
    model_.add_integers(target, to.sizes());
    model_.add_node(result, {"Reshape", {from, target}, {result}});
    model_.add_value_info(result, to, dtype);
    return result;
  }

  void add_layer(const Layer& layer) {
    if (!layer.config.post.empty())
      throw bad_input("a fused layer (post=...) has no form in ONNX; write the network unfused");
    const std::string node = unique_node(layer.name);
    for (TensorId id : layer.outputs) {
      name(id) = unique(tensor(id).name.empty() ? layer.name : tensor(id).name);
      if (tensor(id).shape_known && !is_output_[static_cast<std::size_t>(id)])
        model_.add_value_info(name(id), tensor(id).shape, tensor(id).dtype);
    }
    if (const auto* op = std::get_if<UnsupportedOp>(&layer.config.op))
      return add_unsupported(layer, *op, node);
    if (!add_as_operator(layer, node)) add_as_own(layer, node);
  }

  std::string unique_node(const std::string& wanted) {
    const std::string stem = wanted.empty() ? "layer" : escape_name(wanted);
    std::string text = stem;
    while (!nodes_.insert(text).second)
      text = stem + "_" + std::to_string(++node_copies_[stem] + 1);
    return text;
  }

  // False if ONNX has no operator for the layer, or its tensors do not fit its configuration.
  bool add_as_operator(const Layer& layer, const std::string& node) {
    if (layer.outputs.empty()) return false;
    OnnxForm form = onnx_form(layer, network_);
    if (!form.possible) return false;
    // Activations in the shapes that the operator is described with.
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      const Tensor& in = tensor(layer.inputs[i]);
      if (!in.shape_known) return false;
      const Shape& wanted = i < form.input_shapes.size() ? form.input_shapes[i] : in.shape;
      if (wanted.element_count() != in.shape.element_count()) return false;
      inputs.push_back(reshaped(name(layer.inputs[i]), in.shape, wanted, in.dtype));
    }
    for (const OnnxOperand& operand : form.operands) inputs.push_back(add_operand(operand, node));
    // One output whose shape the network has otherwise: a Reshape behind the node.
    std::vector<std::string> outputs;
    for (TensorId id : layer.outputs) outputs.push_back(name(id));
    const Tensor& out = tensor(layer.outputs[0]);
    const bool view_behind = form.output_shape && *form.output_shape != out.shape;
    if (view_behind) outputs[0] = unique(name(layer.outputs[0]) + ".flat");
    model_.add_node(node, {form.op, std::move(inputs), outputs, form.attributes, form.domain});
    if (view_behind) {
      model_.add_value_info(outputs[0], *form.output_shape, out.dtype);
      const std::string target = unique(name(layer.outputs[0]) + ".shape");
      model_.add_integers(target, out.shape.sizes());
      model_.add_node(unique_node(node + ".view"),
                      {"Reshape", {outputs[0], target}, {name(layer.outputs[0])}});
    }
    return true;
  }

  std::string add_operand(const OnnxOperand& operand, const std::string& node) {
    switch (operand.kind) {
      case OnnxOperand::Kind::kAbsent:
        return "";
      case OnnxOperand::Kind::kWeight:
        return add_weight(node + "." + operand.suffix, operand.shape, operand.dtype);
      case OnnxOperand::Kind::kIntegers: {
        std::string text = unique(node + "." + operand.suffix);
        model_.add_integers(text, operand.integers);
        return text;
      }
      case OnnxOperand::Kind::kReal: {
        std::string text = unique(node + "." + operand.suffix);
        model_.add_real(text, operand.real);
        return text;
      }
      case OnnxOperand::Kind::kZeros: {
        if (operand.shape.element_count() > kMostWrittenOut)
          return add_weight(node + "." + operand.suffix, operand.shape, operand.dtype);
        std::string text = unique(node + "." + operand.suffix);
        model_.add_zeros(text, operand.shape, operand.dtype);
        return text;
      }
    }
    return "";
  }

  // neuralpower::Layer: input 0 its parameters, if any, then the activations.
  void add_as_own(const Layer& layer, const std::string& node) {
    OnnxNode own{"Layer", {""}, {}, {}, kOwnDomain};
    if (layer.params > 0)
      own.inputs[0] = add_weight(node + ".params", Shape{layer.params}, layer.config.dtype);
    std::string shapes;
    for (TensorId id : layer.inputs) own.inputs.push_back(name(id));
    for (TensorId id : layer.outputs) {
      own.outputs.push_back(name(id));
      shapes += (shapes.empty() ? "" : ",") + tensor(id).shape.to_string();
      if (tensor(id).dtype != layer.config.dtype)
        shapes += ":" + std::string(to_string(tensor(id).dtype));
    }
    own.attributes = {text_attribute("layer", format_layer(layer.config)),
                      text_attribute("outputs", shapes)};
    model_.add_node(node, own);
  }

  void add_unsupported(const Layer& layer, const UnsupportedOp& op, const std::string& node) {
    // A name that an ONNX file gave is DOMAIN::OP; others get our domain.
    const std::string full = escape_name(op.name.empty() ? "Unknown" : op.name);
    const std::size_t colons = full.rfind("::");
    const bool has_domain = colons != std::string::npos && full.substr(0, colons) == kOwnDomain;
    const std::string type = has_domain ? full.substr(colons + 2) : full;
    OnnxNode other{type, {}, {}, {}, kOwnDomain};
    for (TensorId id : layer.inputs) other.inputs.push_back(name(id));
    for (TensorId id : layer.outputs) other.outputs.push_back(name(id));
    model_.add_node(node, other);
  }

  const Network& network_;
  OnnxModel model_;
  std::vector<std::string> names_;  // of tensors, once they have one
  std::vector<bool> is_output_;
  std::unordered_set<std::string> taken_, nodes_;
  std::unordered_map<std::string, std::int64_t> copies_, node_copies_;
};

}  // namespace

std::string to_onnx_bytes(const Network& network) { return OnnxWriter(network).write(); }

void write_onnx(const std::filesystem::path& file, const Network& network) {
  write_file_atomically(file, to_onnx_bytes(network));
}

}  // namespace neuralpower
