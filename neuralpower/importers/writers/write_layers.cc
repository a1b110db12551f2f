// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/write_layers.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

class ListWriter {
 public:
  ListWriter(std::ostream& out, const Network& network)
      : out_(out), network_(network), names_(network.tensors.size()) {}

  void write() {
    out_ << "# " << printable(network_.name, 100) << "\n";
    for (TensorId id : network_.inputs) write_tensor(id, "input");
    for (const Layer& layer : network_.layers) {
      write_constants(layer.inputs);
      write_layer(layer);
    }
    if (network_.outputs.empty()) return;
    write_constants(network_.outputs);
    out_ << "output <- ";
    for (std::size_t i = 0; i < network_.outputs.size(); ++i)
      out_ << (i == 0 ? "" : ", ") << name(network_.outputs[i]);
    out_ << "\n";
  }

 private:
  std::string& name(TensorId id) { return names_[static_cast<std::size_t>(id)]; }
  const Tensor& tensor(TensorId id) const { return network_.tensors[static_cast<std::size_t>(id)]; }

  // `wanted` as a list writes it, with a number if it is taken or empty.
  std::string unique(const std::string& wanted, const char* fallback) {
    const std::string stem = wanted.empty() ? fallback : escape_name(wanted);
    std::string text = stem;
    while (!taken_.insert(text).second) text = stem + "_" + std::to_string(++copies_[stem] + 1);
    return text;
  }

  void write_tensor(TensorId id, const char* kind) {
    const Tensor& what = tensor(id);
    name(id) = unique(what.name, kind);
    out_ << name(id) << ": " << kind << " shape=" << what.shape.to_string();
    if (what.dtype != DataType::kF32) out_ << " dtype=" << to_string(what.dtype);
    out_ << "\n";
  }

  // What nobody computes is a constant of the file.
  void write_constants(const std::vector<TensorId>& read) {
    for (TensorId id : read)
      if (name(id).empty()) write_tensor(id, "constant");
  }

  // False if a reader would take another configuration from what the layer reads: its first input
  // may be a constant of the file, such as a table that it gathers from.
  bool follows_from_inputs(const Layer& layer) const {
    std::vector<const Tensor*> read;
    for (TensorId id : layer.inputs) read.push_back(&tensor(id));
    const bool is_vector =
        layer.config.inputs.size() == 1 && layer.config.inputs[0].rank() < 2 &&
        std::any_of(read.begin(), read.end(), [](auto* one) { return one->shape.rank() > 1; });
    return !is_vector && !find_misfit(layer.config, read);
  }

  void write_layer(const Layer& layer) {
    const std::string layer_name = unique(layer.name, "layer");
    const bool known = !std::holds_alternative<UnsupportedOp>(layer.config.op);
    out_ << layer_name << ": " << format_layer(layer.config);
    if (layer.params != 0 || (known && count_work(layer.config).weights != 0))
      out_ << " params=" << layer.params;
    out_ << " <- ";
    for (std::size_t i = 0; i < layer.inputs.size(); ++i)
      out_ << (i == 0 ? "" : ", ") << name(layer.inputs[i]);
    if (layer.inputs.empty()) out_ << "nothing";
    if (layer.outputs.size() == 1) {
      const Tensor& output = tensor(layer.outputs[0]);
      name(layer.outputs[0]) = layer_name;
      const bool as_inferred =
          known ? output.shape_known && output.shape == output_shape(layer.config)
                : !output.shape_known;
      if (!as_inferred || !follows_from_inputs(layer))
        out_ << " -> " << (output.shape_known ? output.shape.to_string() : "?");
    } else {
      for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
        const Tensor& output = tensor(layer.outputs[i]);
        name(layer.outputs[i]) = unique(output.name, "tensor");
        out_ << (i == 0 ? " -> " : ", ") << name(layer.outputs[i]) << " "
             << (output.shape_known ? output.shape.to_string() : "?");
      }
    }
    // A node whose outputs nobody named: the line has one that nobody reads.
    if (layer.outputs.empty() && !follows_from_inputs(layer)) out_ << " -> ?";
    out_ << "\n";
  }

  std::ostream& out_;
  const Network& network_;
  std::vector<std::string> names_;
  std::unordered_set<std::string> taken_ = {"nothing"};  // a word of the format
  std::unordered_map<std::string, std::int64_t> copies_;
};

}  // namespace

void write_layers(std::ostream& out, const Network& network) { ListWriter(out, network).write(); }

}  // namespace neuralpower
