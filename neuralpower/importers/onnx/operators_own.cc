// SPDX-License-Identifier: Apache-2.0
// neuralpower::Layer, which this project's ONNX writer uses for layers that ONNX has no operator
// for: the attribute `layer` is the layer text, `outputs` the shapes of the outputs with commas
// between them, each with `:TYPE` behind it if that is not the layer's; input 0 is the layer's
// learned parameters in one row.
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx {
namespace {

Translation translate_layer(const NodeView& node) {
  LayerConfig config = parse_layer(node.attributes.text("layer", ""));
  Translation result;
  result.op = std::move(config.op);
  result.inputs = std::move(config.inputs);
  result.dtype = config.dtype;
  for (std::string_view text : split(node.attributes.text("outputs", ""), ',')) {
    const auto pieces = split(text, ':');
    const auto shape = pieces[0] == "scalar" ? Shape() : Shape::parse(pieces[0]);
    const auto dtype = pieces.size() == 2 ? parse_data_type(pieces[1]) : config.dtype;
    if (!shape || !dtype || pieces.size() > 2)
      throw bad_input("'outputs' is not shapes with commas between them");
    shape->element_count();
    result.outputs.push_back({*shape, *dtype});
  }
  return result;
}

constexpr Operator kRows[] = {{"Layer", translate_layer, first_slots(1)}};

}  // namespace

std::span<const Operator> own_operators() { return kRows; }

}  // namespace neuralpower::onnx
