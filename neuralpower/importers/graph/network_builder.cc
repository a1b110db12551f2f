// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/graph/network_builder.h"

#include <fstream>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

constexpr std::uintmax_t kLargestText = std::uintmax_t{64} << 20;

}  // namespace

NetworkBuilder::NetworkBuilder(std::string name, const ImportOptions& options) : options_(options) {
  network_.name = std::move(name);
  if (options_.batch && *options_.batch < 1) throw usage_error("the batch size must be at least 1");
}

TensorId NetworkBuilder::add_input(const std::string& name, Shape shape, DataType dtype) {
  const auto wanted = options_.shapes.find(name);
  if (wanted != options_.shapes.end()) shape = wanted->second;
  if (options_.batch && !shape.empty()) shape[0] = *options_.batch;
  shape.element_count();  // checks for overflow
  if (network_.inputs.empty() && !shape.empty()) network_.batch = shape[0];
  const TensorId id = network_.add_tensor({name, std::move(shape), dtype, true});
  network_.inputs.push_back(id);
  return id;
}

TensorId NetworkBuilder::add_constant(const std::string& name, Shape shape, DataType dtype) {
  shape.element_count();
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
  const std::int64_t params = learned_params(config, bias);
  const TensorId id = network_.add_tensor(std::move(output));
  network_.layers.push_back({name, source_op, std::move(config), std::move(inputs), {id}, params});
  return id;
}

TensorId NetworkBuilder::add_output(const std::string& name, Shape shape) {
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

std::string read_network_text(const std::filesystem::path& file) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (failed || !std::filesystem::exists(status)) throw bad_input("no such file");
  if (!std::filesystem::is_regular_file(status)) throw bad_input("not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(file, failed);
  if (failed) throw bad_input("the file's size cannot be read");
  if (size > kLargestText) throw bad_input("larger than 64 MiB, so no network in text form");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw bad_input("cannot be opened for reading");
  // Files under /proc and /sys are regular and claim to be empty; no network is there.
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace neuralpower
