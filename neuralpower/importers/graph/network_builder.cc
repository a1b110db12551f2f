// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/graph/network_builder.h"

#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

constexpr std::size_t kMostDimensions = 32;

// Not too many sizes, none negative, and a product that is a number.
void check_shape(const Shape& shape) {
  if (shape.rank() > kMostDimensions) throw bad_input("a tensor of more than 32 dimensions");
  shape.element_count();
}

}  // namespace

NetworkBuilder::NetworkBuilder(std::string name, const ImportOptions& options) : options_(options) {
  network_.name = std::move(name);
  if (options_.batch && *options_.batch < 1) throw usage_error("the batch size must be at least 1");
}

TensorId NetworkBuilder::add_input(const std::string& name, Shape shape, DataType dtype) {
  const auto wanted = options_.shapes.find(name);
  if (wanted != options_.shapes.end()) shape = wanted->second;
  if (options_.batch && !shape.empty()) shape[0] = *options_.batch;
  check_shape(shape);
  if (network_.inputs.empty() && !shape.empty()) network_.batch = shape[0];
  const TensorId id = network_.add_tensor({name, std::move(shape), dtype, true});
  network_.inputs.push_back(id);
  return id;
}

TensorId NetworkBuilder::add_constant(const std::string& name, Shape shape, DataType dtype) {
  check_shape(shape);
  return network_.add_tensor({name, std::move(shape), dtype, true});
}

TensorId NetworkBuilder::add(const std::string& name, const std::string& source_op, Op op,
                             std::vector<TensorId> inputs, bool bias) {
  std::vector<Shape> shapes;
  for (TensorId input : inputs) shapes.push_back(shape(input));
  return add_config(name, source_op, make_layer_config(std::move(op), std::move(shapes)),
                    std::move(inputs), bias);
}

TensorId NetworkBuilder::add_config(const std::string& name, const std::string& source_op,
                                    LayerConfig config, std::vector<TensorId> inputs, bool bias) {
  Tensor output{name, output_shape(config), config.dtype, true};
  check_shape(output.shape);
  const std::int64_t params = learned_params(config, bias);
  const TensorId id = network_.add_tensor(std::move(output));
  network_.layers.push_back({name, source_op, std::move(config), std::move(inputs), {id}, params});
  return id;
}

TensorId NetworkBuilder::add_output(const std::string& name, Shape shape) {
  check_shape(shape);
  const TensorId id = network_.add_tensor({name, std::move(shape), DataType::kF32, true});
  network_.layers.back().outputs.push_back(id);
  return id;
}

TensorId NetworkBuilder::add_unsupported(const std::string& name, const std::string& source_op,
                                         const std::string& reason, std::vector<TensorId> inputs) {
  const TensorId id = network_.add_tensor({name, Shape(), DataType::kF32, false});
  LayerConfig config;
  config.op = UnsupportedOp{source_op, reason};
  network_.layers.push_back({name, source_op, std::move(config), std::move(inputs), {id}, 0});
  return id;
}

const Shape& NetworkBuilder::shape(TensorId id) const {
  const Tensor& found = tensor(id);
  if (!found.shape_known)
    throw bad_input("reads '" + found.name + "', whose shape is unknown because its operation is");
  return found.shape;
}

void NetworkBuilder::set_shape(TensorId id, const std::optional<Shape>& shape) {
  Tensor& tensor = network_.tensors[static_cast<std::size_t>(id)];
  tensor.shape_known = shape.has_value();
  tensor.shape = shape.value_or(Shape());
  check_shape(tensor.shape);
}

Network NetworkBuilder::finish() {
  for (const auto& [name, shape] : options_.shapes) {
    bool found = false;
    for (TensorId input : network_.inputs) found = found || tensor(input).name == name;
    if (found) continue;
    std::string names;
    for (TensorId input : network_.inputs) {
      if (names.size() > 200) break;
      names += (names.empty() ? "" : ", ") + tensor(input).name;
    }
    throw usage_error("no input is called '" + name + "'; the inputs are: " + names);
  }
  if (network_.outputs.empty()) {
    std::vector<bool> is_read(network_.tensors.size(), false);
    for (const Layer& layer : network_.layers)
      for (TensorId input : layer.inputs) is_read[static_cast<std::size_t>(input)] = true;
    for (const Layer& layer : network_.layers)
      for (TensorId output : layer.outputs)
        if (!is_read[static_cast<std::size_t>(output)]) network_.outputs.push_back(output);
  }
  return std::move(network_);
}

std::int64_t learned_params(const LayerConfig& config, bool bias) {
  const std::int64_t weights = count_work(config).weights;
  if (!bias) return weights;
  if (const auto* op = std::get_if<Convolution>(&config.op))
    return checked_add(weights, op->out_channels);
  if (const auto* op = std::get_if<TransposedConvolution>(&config.op))
    return checked_add(weights, op->out_channels);
  if (const auto* op = std::get_if<Convolution3d>(&config.op))
    return checked_add(weights, op->out_channels);
  if (const auto* op = std::get_if<TransposedConvolution3d>(&config.op))
    return checked_add(weights, op->out_channels);
  if (const auto* op = std::get_if<FullyConnected>(&config.op))
    return checked_add(weights, op->outputs);
  if (const auto* op = std::get_if<Recurrent>(&config.op)) {
    const std::int64_t gates = op->mode == RecurrentMode::kLstm  ? 4
                               : op->mode == RecurrentMode::kGru ? 3
                                                                 : 1;
    return checked_add(weights, checked_product(2, op->directions, gates, op->hidden));
  }
  return weights;
}

}  // namespace neuralpower
