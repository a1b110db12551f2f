// SPDX-License-Identifier: Apache-2.0
// A whole network on oneDNN: each tensor lies in the layout in which its producer wrote it.
#include <algorithm>
#include <map>

#include "neuralpower/measure/backends/onednn/execution.h"
#include "neuralpower/measure/backends/onednn/loops.h"
#include "neuralpower/measure/backends/plain/plain_layer.h"

namespace neuralpower::onednn {
namespace {

using dnnl::memory;

struct Placed {
  std::shared_ptr<Buffer> buffer;
  memory contents;  // empty before the tensor is written
};

class Builder {
 public:
  Builder(const Network& network, Runtime& runtime) : network_(network), runtime_(runtime) {
    last_use_.assign(network.tensors.size(), 0);
    for (std::size_t i = 0; i < network.layers.size(); ++i)
      for (const TensorId id : network.layers[i].inputs) last_use_[id] = i;
    for (const TensorId id : network.outputs) last_use_[id] = network.layers.size();
  }

  PreparedNetwork build() {
    for (const TensorId id : network_.inputs) placed_[id] = gaussian(network_.tensors[id].shape);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      add_layer(i);
      std::erase_if(placed_, [&](const auto& entry) { return last_use_[entry.first] <= i; });
    }
    placed_.clear();
    return std::move(prepared_);
  }

 private:
  Placed place(const memory::desc& layout) {
    auto buffer = arena_->take(layout.get_size());
    memory contents(layout, runtime_.engine, buffer->data());
    return {std::move(buffer), std::move(contents)};
  }

  Placed gaussian(const Shape& shape) {
    Placed placed = place(plain_layout(to_dims(shape)));
    fill(placed.contents, runtime_.data, 1, false, runtime_.stream);
    pinned_.push_back(placed.buffer);  // nothing may write over it before the next pass
    return placed;
  }

  const Placed& tensor(TensorId id) {
    auto found = placed_.find(id);
    if (found == placed_.end())  // not written by any step: a constant, or behind a skipped layer
      found = placed_.emplace(id, gaussian(network_.tensors[id].shape)).first;
    return found->second;
  }

  void add_step(std::size_t layer, bool is_reorder, Recipe recipe, Binding binding,
                std::vector<std::shared_ptr<Buffer>> own) {
    PreparedNetwork::Step step{layer, is_reorder, nullptr};
    own.emplace_back(arena_, nullptr);  // the activations' memory lives as long as any step
    step.work = std::make_unique<BoundLayer>(
        runtime_, std::move(recipe), std::vector<Binding>{std::move(binding)}, std::move(own));
    prepared_.steps.push_back(std::move(step));
  }

  // The tensor in another layout: itself, or a reordered copy and a step that writes it.
  Placed in_layout(std::size_t layer, const Placed& from, const memory::desc& wanted) {
    if (from.contents.get_desc() == wanted) return from;
    Placed to = place(wanted);
    Recipe recipe;
    const dnnl::reorder::primitive_desc description(from.contents, to.contents);
    recipe.primitive = dnnl::reorder(description);
    recipe.implementation = description.impl_info_str();
    recipe.arguments = {{DNNL_ARG_FROM, Role::kInput, from.contents.get_desc()},
                        {DNNL_ARG_TO, Role::kOutput, wanted}};
    add_step(layer, true, std::move(recipe), {from.contents, to.contents}, {});
    return to;
  }

  // The tensor's cells in row-major order under other dimensions.
  Placed reshaped(std::size_t layer, const Placed& from, const memory::dims& dims) {
    const memory::desc layout = from.contents.get_desc();
    if (layout.dims() == dims) return from;
    Placed plain = in_layout(layer, from, plain_layout(layout.dims(), layout.data_type()));
    plain.contents =
        memory(plain_layout(dims, layout.data_type()), runtime_.engine, plain.buffer->data());
    return plain;
  }

  // The shapes of the layer's inputs as its configuration sees them; where a network knows better
  // (a broadcast operand), as the network has them, brought to the same rank.
  std::vector<memory::dims> wanted_dims(const Layer& layer) {
    std::vector<Shape> shapes = input_shapes(layer.config);
    std::vector<memory::dims> wanted;
    for (const Shape& shape : shapes) wanted.push_back(to_dims(shape));
    if (!std::holds_alternative<Elementwise>(layer.config.op)) return wanted;
    for (std::size_t i = 0; i < wanted.size() && i < layer.inputs.size(); ++i) {
      memory::dims dims = to_dims(network_.tensors[layer.inputs[i]].shape);
      if (dims.size() <= wanted[i].size()) {
        dims.insert(dims.begin(), wanted[i].size() - dims.size(), 1);
        wanted[i] = dims;
      }
    }
    // oneDNN spreads its second operand only.
    const auto cells = [](const memory::dims& dims) {
      std::int64_t product = 1;
      for (const auto size : dims) product *= size;
      return product;
    };
    swapped_ = wanted.size() == 2 && cells(wanted[0]) < cells(wanted[1]);
    if (swapped_) std::swap(wanted[0], wanted[1]);
    return wanted;
  }

  void skip(std::size_t index, std::string reason) {
    prepared_.skipped.push_back({index, std::move(reason)});
    for (const TensorId id : network_.layers[index].outputs)
      if (network_.tensors[id].shape_known) placed_[id] = gaussian(network_.tensors[id].shape);
  }

  // What a loop reads: the tensor row by row, or, for what the file fixes and for indices, cells of
  // its own.
  Placed loop_input(std::size_t index, std::size_t which, const plain::Tensor& wanted) {
    const Layer& layer = network_.layers[index];
    if (which < layer.inputs.size() && wanted.indices_below == 0) {
      const Placed& from = tensor(layer.inputs[which]);
      const memory::dims dims = from.contents.get_desc().dims();
      if (Shape(dims).element_count() >= static_cast<std::int64_t>(wanted.count))
        return in_layout(index, from, plain_layout(dims));
    }
    Placed own = place(plain_layout({static_cast<std::int64_t>(wanted.count)}));
    plain::fill(own.buffer->floats(), wanted, runtime_.data);
    pinned_.push_back(own.buffer);
    return own;
  }

  void add_loops_or_skip(std::size_t index, const std::string& reason) {
    const Layer& layer = network_.layers[index];
    auto kernel = loops_instead(layer.config, reason);
    const memory::dims dims =
        layer.outputs.empty() ? memory::dims{} : to_dims(network_.tensors[layer.outputs[0]].shape);
    const memory::desc layout = plain_layout(dims);
    if (!kernel || dims.empty() || layout.get_size() > plain::bytes_of(kernel->output))
      return skip(index, reason);
    plain::Pointers pointers;
    std::vector<std::shared_ptr<void>> own = {arena_};
    for (std::size_t i = 0; i < kernel->inputs.size(); ++i)
      pointers.inputs.push_back(loop_input(index, i, kernel->inputs[i]).buffer->floats());
    for (const plain::Tensor& weight : kernel->weights) {
      auto buffer = std::make_shared<Buffer>(plain::bytes_of(weight.count));
      plain::fill(buffer->floats(), weight, runtime_.data);
      pointers.weights.push_back(buffer->floats());
      own.push_back(std::move(buffer));
    }
    pointers.scratch = plain::scratch_of(kernel->scratch, runtime_.scratch, own);
    auto buffer = arena_->take(plain::bytes_of(kernel->output));
    pointers.output = buffer->floats();
    const Placed output{buffer, memory(layout, runtime_.engine, buffer->data())};
    prepared_.steps.push_back(
        {index, false,
         plain::bind_kernel(std::move(*kernel), runtime_.threads, {pointers}, std::move(own))});
    for (const TensorId id : layer.outputs)
      placed_[id] = reshaped(index, output, to_dims(network_.tensors[id].shape));
  }

  void alias(std::size_t index) {
    const Layer& layer = network_.layers[index];
    if (layer.inputs.empty()) return skip(index, "no input");
    const Placed from = tensor(layer.inputs[0]);
    for (const TensorId id : layer.outputs)
      placed_[id] = reshaped(index, from, to_dims(network_.tensors[id].shape));
  }

  void add_layer(std::size_t index) {
    const Layer& layer = network_.layers[index];
    for (const TensorId id : layer.outputs)
      if (!network_.tensors[id].shape_known) return skip(index, "its shape is not known");
    if (is_free(layer.config) || std::holds_alternative<Dropout>(layer.config.op))
      return alias(index);
    const auto type = onednn_type(layer.config.dtype);
    if (!type || layer.outputs.empty()) {
      auto made = make_recipe(layer.config, {}, runtime_.engine);
      const Skip* why = std::get_if<Skip>(&made);
      return add_loops_or_skip(index, why ? why->reason : "no output");
    }

    swapped_ = false;
    std::vector<Placed> inputs;
    std::vector<memory::desc> offered;
    const std::vector<memory::dims> wanted = std::holds_alternative<UnsupportedOp>(layer.config.op)
                                                 ? std::vector<memory::dims>{}
                                                 : wanted_dims(layer);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::size_t which = swapped_ ? 1 - i : i;
      const bool constant = which >= layer.inputs.size();  // an operand that the file fixes
      Placed input = constant ? gaussian(Shape(wanted[i])) : tensor(layer.inputs[which]);
      input = reshaped(index, input, wanted[i]);
      if (input.contents.get_desc().data_type() != *type)
        input = in_layout(index, input, plain_layout(wanted[i], *type));
      offered.push_back(input.contents.get_desc());
      inputs.push_back(std::move(input));
    }
    if (std::holds_alternative<Elementwise>(layer.config.op))
      for (std::size_t i = 1; i < inputs.size(); ++i)
        if (offered[i].dims() == offered[0].dims() && offered[i] != offered[0]) {
          inputs[i] = in_layout(index, inputs[i], offered[0]);
          offered[i] = offered[0];
        }

    auto made = make_recipe(layer.config, offered, runtime_.engine);
    if (auto* why = std::get_if<Skip>(&made)) return add_loops_or_skip(index, why->reason);
    Recipe& recipe = std::get<Recipe>(made);
    Binding binding;
    std::vector<std::shared_ptr<Buffer>> own;
    Placed output;
    std::size_t next_input = 0;
    for (const Argument& argument : recipe.arguments) {
      switch (argument.role) {
        case Role::kInput:
          inputs[next_input] = in_layout(index, inputs[next_input], argument.layout);
          binding.push_back(inputs[next_input++].contents);
          break;
        case Role::kWeight: {
          auto [buffer, contents] = runtime_.allocate(argument.layout);
          fill(contents, runtime_.data, argument.scale, argument.positive, runtime_.stream);
          own.push_back(std::move(buffer));
          binding.push_back(contents);
          break;
        }
        case Role::kOutput:
          output = place(argument.layout);
          binding.push_back(output.contents);
          break;
      }
    }
    add_step(index, false, std::move(recipe), std::move(binding), std::move(own));
    for (const TensorId id : layer.outputs)
      placed_[id] = reshaped(index, output, to_dims(network_.tensors[id].shape));
  }

  const Network& network_;
  Runtime& runtime_;
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();
  std::vector<std::shared_ptr<Buffer>> pinned_;
  std::vector<std::size_t> last_use_;  // the last layer that reads the tensor
  std::map<TensorId, Placed> placed_;
  bool swapped_ = false;
  PreparedNetwork prepared_;
};

}  // namespace

PreparedNetwork prepare_onednn_network(const Network& network, Runtime& runtime) {
  return Builder(network, runtime).build();
}

}  // namespace neuralpower::onednn
