// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/redesign.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "neuralpower/base/error.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

// Thrown and caught here: an ordinary outcome, deep inside.
struct DoesNotFit {};

// Walks the layers with the shapes that their inputs have now.
class Redesigner {
 public:
  Redesigner(const Network& network, const Replacements& replacements)
      : old_(network), replacements_(replacements) {}

  Network run() {
    new_.name = old_.name;
    new_.batch = old_.batch;
    new_.tensors = old_.tensors;
    new_.inputs = old_.inputs;
    new_.outputs = old_.outputs;
    for (std::size_t i = 0; i < old_.layers.size(); ++i) {
      const auto replacement = replacements_.find(i);
      if (replacement == replacements_.end()) {
        follow(old_.layers[i]);
      } else {
        replace(old_.layers[i], replacement->second);
      }
    }
    for (const TensorId id : old_.outputs)
      if (shape(id) != old_shape(id)) throw DoesNotFit{};
    return std::move(new_);
  }

 private:
  Shape& shape(TensorId id) { return new_.tensors[static_cast<std::size_t>(id)].shape; }
  const Shape& old_shape(TensorId id) const {
    return old_.tensors[static_cast<std::size_t>(id)].shape;
  }

  void replace(const Layer& layer, const std::vector<Op>& ops) {
    if (layer.inputs.size() != 1 || layer.outputs.size() != 1) throw DoesNotFit{};
    TensorId in = layer.inputs[0];
    if (ops.empty()) {  // another name for the same bytes
      Layer view = layer;
      view.config = make_layer_config(View{shape(in)}, {shape(in)}, layer.config.dtype);
      view.params = 0;
      shape(layer.outputs[0]) = shape(in);
      new_.layers.push_back(std::move(view));
      return;
    }
    for (std::size_t k = 0; k < ops.size(); ++k) {
      Layer made = layer;
      made.config = make_layer_config(ops[k], {shape(in)}, layer.config.dtype);
      if (ops.size() > 1) made.name += "." + std::to_string(k + 1);
      made.inputs = {in};
      const bool last = k + 1 == ops.size();
      if (last) made.config.post = layer.config.post;
      const Tensor tensor{made.name, output_shape(made.config), layer.config.dtype, true};
      made.outputs = {last ? layer.outputs[0] : new_.add_tensor(tensor)};
      shape(made.outputs[0]) = tensor.shape;
      made.params = count_params(layer, made.config);
      in = made.outputs[0];
      new_.layers.push_back(std::move(made));
    }
  }

  // Weights, and biases of its outputs if the layer had any.
  static std::int64_t count_params(const Layer& before, const LayerConfig& config) {
    const bool biased = before.params > count_work(before.config).weights;
    return count_work(config).weights + (biased ? output_shape(config)[1] : 0);
  }

  void follow(const Layer& layer) {
    Layer made = layer;
    const bool same = std::all_of(layer.inputs.begin(), layer.inputs.end(),
                                  [&](TensorId id) { return shape(id) == old_shape(id); });
    if (!same) {
      if (layer.outputs.size() != 1) throw DoesNotFit{};
      LayerConfig config = layer.config;
      adapt(layer, config);
      made.config = make_layer_config(std::move(config.op), std::move(config.inputs), config.dtype);
      made.config.post = layer.config.post;
      shape(layer.outputs[0]) = output_shape(made.config);
      const bool has_weights = count_work(layer.config).weights > 0;
      if (has_weights && layer.params > 0) made.params = count_params(layer, made.config);
    }
    new_.layers.push_back(std::move(made));
  }

  void adapt(const Layer& layer, LayerConfig& config) {
    const Shape& was = old_shape(layer.inputs[0]);
    const Shape& is = shape(layer.inputs[0]);
    std::visit([&](auto& op) { adapt_op(layer, op, config, was, is); }, config.op);
  }

  static void take_input(LayerConfig& config, const Shape& was, const Shape& is) {
    if (config.inputs.size() == 1 && config.inputs[0] == was) {
      config.inputs[0] = is;
    } else if (config.inputs.size() == 1 && config.inputs[0].rank() == 2) {  // flattened
      config.inputs[0] = Shape{is[0], is.element_count_from(1)};
    } else {
      throw DoesNotFit{};
    }
  }

  void adapt_op(const Layer& layer, Convolution& op, LayerConfig& config, const Shape& was,
                const Shape& is) {
    if (is_depthwise(layer)) {
      const std::int64_t multiplier = op.out_channels / op.groups;
      op.groups = is[1];
      op.out_channels = is[1] * multiplier;
    }
    take_input(config, was, is);
  }
  void adapt_op(const Layer& layer, Elementwise&, LayerConfig& config, const Shape&, const Shape&) {
    Shape whole = shape(layer.inputs[0]);
    for (const TensorId id : layer.inputs) {
      const Shape& part = shape(id);
      if (part.rank() != whole.rank()) throw DoesNotFit{};
      for (std::size_t axis = 0; axis < whole.rank(); ++axis) {
        if (part[axis] != whole[axis] && part[axis] != 1 && whole[axis] != 1) throw DoesNotFit{};
        whole[axis] = std::max(whole[axis], part[axis]);
      }
    }
    config.inputs = {whole};
  }
  void adapt_op(const Layer& layer, Concat&, LayerConfig& config, const Shape&, const Shape&) {
    config.inputs.clear();
    for (const TensorId id : layer.inputs) config.inputs.push_back(shape(id));
  }
  void adapt_op(const Layer& layer, View& op, LayerConfig& config, const Shape& was,
                const Shape& is) {
    if (op.to == was) {
      op.to = is;
    } else if (op.to.rank() == 2 && op.to[0] == was[0]) {
      op.to = Shape{is[0], is.element_count_from(1)};
    } else {
      throw DoesNotFit{};
    }
    if (layer.inputs.size() != 1) throw DoesNotFit{};
    config.inputs = {is};
  }
  void adapt_op(const Layer&, Reduction& op, LayerConfig& config, const Shape& was,
                const Shape& is) {
    if (op.to.rank() == is.rank()) {
      for (std::size_t axis = 0; axis < is.rank(); ++axis) {
        if (op.to[axis] == was[axis]) {
          op.to[axis] = is[axis];
        } else if (op.to[axis] != 1) {
          throw DoesNotFit{};
        }
      }
    } else if (op.to.rank() == 2 && op.to[0] == was[0] && op.to[1] == was[1]) {
      op.to = Shape{is[0], is[1]};
    } else {
      throw DoesNotFit{};
    }
    take_input(config, was, is);
  }
  void adapt_op(const Layer&, MatMul&, LayerConfig&, const Shape&, const Shape&) {
    throw DoesNotFit{};
  }
  void adapt_op(const Layer&, Attention&, LayerConfig&, const Shape&, const Shape&) {
    throw DoesNotFit{};
  }
  void adapt_op(const Layer&, DataMovement&, LayerConfig&, const Shape&, const Shape&) {
    throw DoesNotFit{};
  }
  void adapt_op(const Layer&, UnsupportedOp&, LayerConfig&, const Shape&, const Shape&) {
    throw DoesNotFit{};
  }
  template <typename AnyOther>
  void adapt_op(const Layer&, AnyOther&, LayerConfig& config, const Shape& was, const Shape& is) {
    take_input(config, was, is);
  }

  const Network& old_;
  const Replacements& replacements_;
  Network new_;
};

}  // namespace

std::optional<Network> redesign(const Network& network, const Replacements& replacements) {
  try {
    return Redesigner(network, replacements).run();
  } catch (const DoesNotFit&) {
    return std::nullopt;
  } catch (const Error&) {  // a kernel larger than its input, groups that do not divide
    return std::nullopt;
  }
}

std::optional<Network> widened(const Network& network, double width) {
  const auto scaled = [&](std::int64_t channels) {
    constexpr double kMultiple = 8;
    const double wanted = static_cast<double>(channels) * width;
    const double unit = wanted < 2 * kMultiple ? 1 : kMultiple;
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::round(wanted / unit) * unit));
  };
  Replacements replacements;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    Op op = network.layers[i].config.op;
    if (auto* conv = std::get_if<Convolution>(&op)) {
      if (is_depthwise(network.layers[i])) continue;
      conv->out_channels = scaled(conv->out_channels);
    } else if (auto* fc = std::get_if<FullyConnected>(&op)) {
      fc->outputs = scaled(fc->outputs);
    } else {
      continue;
    }
    replacements[i] = {op};
  }
  if (!replacements.empty()) replacements.erase(std::prev(replacements.end()));
  return redesign(network, replacements);
}

bool is_depthwise(const Layer& layer) {
  const auto* conv = std::get_if<Convolution>(&layer.config.op);
  return conv != nullptr && conv->groups > 1 && conv->groups == layer.config.inputs[0][1];
}

}  // namespace neuralpower
