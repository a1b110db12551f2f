// SPDX-License-Identifier: Apache-2.0
// NetworkBuilder: grows a Network layer by layer, every shape inferred. What the readers of the
// text formats (layer lists, Paleo, Caffe) share; each of them only says which operation comes
// next and what it reads.
//
// Invariant: the network under construction always satisfies network.h: a layer reads tensors that
// exist already, so the order of the calls is an order in which the layers can run. A tensor has at
// most 32 dimensions (Error), so that a short file cannot describe long shapes many times.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

class NetworkBuilder {
 public:
  // `options` must outlive the builder: add_input() asks it for the user's batch and shapes.
  NetworkBuilder(std::string name, const ImportOptions& options);

  // An input of the network. `shape` is the file's; the user's batch or shape takes its place.
  TensorId add_input(const std::string& name, Shape shape, DataType dtype = DataType::kF32);
  // A tensor that is neither an input nor computed: a constant of the file.
  TensorId add_constant(const std::string& name, Shape shape, DataType dtype = DataType::kF32);

  // A layer whose configuration has the shapes of the tensors it reads. Returns its output, named
  // as the layer. `bias`: whether the operation adds a learned number to each output channel.
  TensorId add(const std::string& name, const std::string& source_op, Op op,
               std::vector<TensorId> inputs, bool bias = false);
  // The same for a configuration made elsewhere (element-wise: the result's shape alone).
  TensorId add_config(const std::string& name, const std::string& source_op, LayerConfig config,
                      std::vector<TensorId> inputs, bool bias = false);
  // Another output of the layer added last.
  TensorId add_output(const std::string& name, Shape shape);
  // A layer nobody knows; its output has no known shape.
  TensorId add_unsupported(const std::string& name, const std::string& source_op,
                           const std::string& reason, std::vector<TensorId> inputs);

  // Error, in words for the user, if the tensor's shape is unknown because an operation before it
  // is.
  const Shape& shape(TensorId id) const;
  const Tensor& tensor(TensorId id) const { return network_.tensors[static_cast<std::size_t>(id)]; }

  // Gives a tensor another shape than the one inferred; none: unknown.
  void set_shape(TensorId id, const std::optional<Shape>& shape);

  Network& network() { return network_; }

  // The network, its outputs being the tensors that nobody reads. Usage error if the user gave the
  // shape of an input that does not exist.
  Network finish();

 private:
  Network network_;
  const ImportOptions& options_;
};

// Learned numbers of a layer: its weights and, with `bias`, one for each output channel (recurrent
// layers: two for each gate, as PyTorch and ONNX have them).
std::int64_t learned_params(const LayerConfig& config, bool bias);

// Text formats describe even large networks in less; more is refused before it is read.
inline constexpr std::size_t kLargestNetworkText = std::size_t{64} << 20;

}  // namespace neuralpower
