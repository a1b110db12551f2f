// SPDX-License-Identifier: Apache-2.0
// Recurrent layers: LSTM, GRU (whose reset gate is applied behind the product, as in PyTorch and
// cuDNN) and plain cells with tanh, from a state of zeros, in one direction or both.
#include <cmath>

#include "neuralpower/measure/backends/onednn/memory.h"
#include "neuralpower/measure/backends/onednn/recipe_product.h"

namespace neuralpower::onednn {
namespace {

using dnnl::memory;
using dnnl::prop_kind;
using Tag = memory::format_tag;

struct Sizes {
  memory::dim batch, steps, inputs, hidden, directions;
};

// N x T x C as oneDNN counts it, time first: the same cells through other axes.
memory::desc time_first(const Sizes& s, memory::dim width, memory::data_type type) {
  return {{s.steps, s.batch, width}, type, memory::dims{width, s.steps * width, 1}};
}

template <typename Primitive, typename Description>
Recipe recipe_of(const Description& description, const Sizes& s, memory::data_type type) {
  Recipe recipe;
  recipe.primitive = Primitive(description);
  recipe.implementation = description.impl_info_str();
  const float scale = 1 / std::sqrt(static_cast<float>(s.hidden));
  recipe.arguments = {
      {DNNL_ARG_SRC_LAYER, Role::kInput, plain_layout({s.batch, s.steps, s.inputs}, type)},
      {DNNL_ARG_WEIGHTS_LAYER, Role::kWeight, description.weights_layer_desc(), scale},
      {DNNL_ARG_WEIGHTS_ITER, Role::kWeight, description.weights_iter_desc(), scale},
      {DNNL_ARG_BIAS, Role::kWeight, description.bias_desc(), 0.1f},
      {DNNL_ARG_DST_LAYER, Role::kOutput,
       plain_layout({s.batch, s.steps, s.directions * s.hidden}, type)}};
  return recipe;
}

}  // namespace

RecipeOrSkip recurrent_recipe(const Recurrent& op, const RecipeInput& in) {
  const Shape& shape = in.config.inputs[0];
  const Sizes s{shape[0], shape[1], shape[2], op.hidden, op.directions};
  const auto direction = s.directions == 2 ? dnnl::rnn_direction::bidirectional_concat
                                           : dnnl::rnn_direction::unidirectional_left2right;
  const memory::dim gates = op.mode == RecurrentMode::kLstm  ? 4
                            : op.mode == RecurrentMode::kGru ? 3
                                                             : 1;
  const memory::dim biases = op.mode == RecurrentMode::kGru ? 4 : gates;
  const memory::desc source = time_first(s, s.inputs, in.type);
  const memory::desc destination = time_first(s, s.directions * s.hidden, in.type);
  const memory::desc of_layer({1, s.directions, s.inputs, gates, s.hidden}, in.type, Tag::any);
  const memory::desc of_state({1, s.directions, s.hidden, gates, s.hidden}, in.type, Tag::any);
  const memory::desc bias({1, s.directions, biases, s.hidden}, memory::data_type::f32, Tag::ldgo);
  const memory::desc none;
  switch (op.mode) {
    case RecurrentMode::kLstm:
      return recipe_of<dnnl::lstm_forward>(
          dnnl::lstm_forward::primitive_desc(
              {prop_kind::forward_inference, direction, source, none, none, of_layer, of_state,
               bias, destination, none, none},
              in.engine),
          s, in.type);
    case RecurrentMode::kGru:
      return recipe_of<dnnl::lbr_gru_forward>(
          dnnl::lbr_gru_forward::primitive_desc({prop_kind::forward_inference, direction, source,
                                                 none, of_layer, of_state, bias, destination, none},
                                                in.engine),
          s, in.type);
    case RecurrentMode::kRnn:
      return recipe_of<dnnl::vanilla_rnn_forward>(
          dnnl::vanilla_rnn_forward::primitive_desc(
              {prop_kind::forward_inference, dnnl::algorithm::eltwise_tanh, direction, source, none,
               of_layer, of_state, bias, destination, none},
              in.engine),
          s, in.type);
  }
  return Skip{"oneDNN has no such recurrent layer"};
}

}  // namespace neuralpower::onednn
