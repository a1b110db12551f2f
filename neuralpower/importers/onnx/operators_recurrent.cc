// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN. Their sequences are T x N x I unless `layout` is 1; a layer's config always
// has the batch first.
#include <string>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation recurrent_of(const NodeView& node, RecurrentMode mode, std::int64_t gates) {
  const Shape &in = node.shape(0), &weights = node.shape(1), &recurrent = node.shape(2);
  if (in.rank() != 3 || weights.rank() != 3 || recurrent.rank() != 3)
    throw bad_input("a recurrent layer needs an input and weights of 3 dimensions");
  const std::string_view direction = node.attributes.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    throw bad_input("direction '" + std::string(direction) + "' is not one of ONNX's");
  Recurrent op;
  op.mode = mode;
  op.directions = direction == "bidirectional" ? 2 : 1;
  op.hidden = node.attributes.integer("hidden_size", recurrent[2]);
  if (op.hidden < 1) throw bad_input("hidden_size must be at least 1");
  const std::int64_t rows = checked_mul(gates, op.hidden);
  if (weights != Shape{op.directions, rows, in[2]} ||
      recurrent != Shape{op.directions, rows, op.hidden})
    throw bad_input("weights " + weights.to_string() + " and " + recurrent.to_string() +
                    " do not fit an input of " + std::to_string(in[2]) + " and " +
                    std::to_string(op.hidden) + " hidden units");
  const bool batch_first = node.attributes.integer("layout", 0) != 0;
  const std::int64_t batch = batch_first ? in[0] : in[1], steps = batch_first ? in[1] : in[0];
  Translation result;
  result.op = op;
  result.inputs = {{batch, steps, in[2]}};
  result.dtype = node.dtype(0);
  const Shape all = batch_first ? Shape{batch, steps, op.directions, op.hidden}
                                : Shape{steps, op.directions, batch, op.hidden};
  const Shape last =
      batch_first ? Shape{batch, op.directions, op.hidden} : Shape{op.directions, batch, op.hidden};
  result.outputs = {{all, result.dtype}, {last, result.dtype}, {last, result.dtype}};
  return result;
}

Translation translate_lstm(const NodeView& node) {
  return recurrent_of(node, RecurrentMode::kLstm, 4);
}
Translation translate_gru(const NodeView& node) {
  return recurrent_of(node, RecurrentMode::kGru, 3);
}
Translation translate_rnn(const NodeView& node) {
  return recurrent_of(node, RecurrentMode::kRnn, 1);
}

// X, W, R and B; the initial states and lengths are no parameters.
constexpr auto weights_and_bias = first_slots(4);

constexpr Operator kRows[] = {
    {"LSTM", translate_lstm, weights_and_bias},
    {"GRU", translate_gru, weights_and_bias},
    {"RNN", translate_rnn, weights_and_bias},
};

}  // namespace

std::span<const Operator> recurrent_operators() { return kRows; }

}  // namespace neuralpower::onnx
