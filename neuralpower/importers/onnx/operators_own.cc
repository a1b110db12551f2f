// SPDX-License-Identifier: Apache-2.0
// neuralpower::Layer, which this project's ONNX writer uses for layers that ONNX has no operator
// for: the attribute `layer` is the layer text, `outputs` the shapes of the outputs with commas
// between them; input 0 is the layer's learned parameters in one row.
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
    const auto shape = text == "scalar" ? Shape() : Shape::parse(text);
    if (!shape) throw bad_input("'outputs' is not shapes with commas between them");
    shape->element_count();
    result.outputs.push_back({*shape, config.dtype});
  }
  return result;
}

constexpr Operator kRows[] = {{"Layer", translate_layer, first_slots(1)}};

}  // namespace

std::span<const Operator> own_operators() { return kRows; }

}  // namespace neuralpower::onnx
