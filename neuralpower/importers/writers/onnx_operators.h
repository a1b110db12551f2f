// SPDX-License-Identifier: Apache-2.0
// Which ONNX operator a layer is: its type, attributes, and the operands besides activations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/importers/writers/onnx_model.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

struct OnnxOperand {
  enum class Kind {
    kAbsent,
    kWeight,    // learned or statistics: an input of the graph
    kIntegers,  // written out: a shape, axes
    kReal,      // a number without dimensions
    kZeros,     // a learned operand whose slot does not tell that it is one: written out
  };
  Kind kind = Kind::kAbsent;
  std::string suffix = {};  // of its name
  Shape shape = {};
  DataType dtype = DataType::kF32;
  std::vector<std::int64_t> integers = {};
  double real = 0;
};

struct OnnxForm {
  bool possible = false;
  std::string_view op = {}, domain = {};
  std::vector<OnnxAttribute> attributes = {};
  std::vector<OnnxOperand> operands = {};  // behind the activations
  std::vector<Shape> input_shapes = {};    // that activations must have; none: as they are
  std::optional<Shape> output_shape = {};  // that the first output has; none: as it is
};

OnnxForm onnx_form(const Layer& layer, const Network& network);

}  // namespace neuralpower
