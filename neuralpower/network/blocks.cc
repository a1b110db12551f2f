// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/blocks.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace neuralpower {
namespace {

constexpr int kNone = -1;
constexpr int kMaxLayers = 16;  // of one block, views and batch norms included

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Who writes each tensor, and how many layers read it.
class Graph {
 public:
  explicit Graph(const Network& network)
      : network_(network),
        writers_(network.tensors.size(), kNone),
        reads_(network.tensors.size(), 0) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      for (const TensorId id : network.layers[i].outputs) writers_[index(id)] = static_cast<int>(i);
      for (const TensorId id : network.layers[i].inputs) ++reads_[index(id)];
    }
    for (const TensorId id : network.outputs) ++reads_[index(id)];
  }

  // The layer that writes `id` for one reader only; nothing for inputs and shared tensors.
  const Layer* only_writer(TensorId id) const {
    const int writer = writers_[index(id)];
    if (writer == kNone || reads_[index(id)] != 1) return nullptr;
    const Layer& layer = network_.layers[index(writer)];
    return layer.outputs.size() == 1 && layer.inputs.size() == 1 ? &layer : nullptr;
  }

 private:
  const Network& network_;
  std::vector<int> writers_;
  std::vector<int> reads_;
};

bool averages_plane(const Layer& layer) {
  const auto& in = layer.config.inputs[0];
  if (const auto* pool = std::get_if<Pooling>(&layer.config.op)) {
    if (pool->mode == PoolMode::kAdaptiveAverage) return pool->out == Size2{1, 1};
    return pool->mode == PoolMode::kAverage && in.rank() == 4 &&
           pool->kernel == Size2{in[2], in[3]};
  }
  const auto* mean = std::get_if<Reduction>(&layer.config.op);
  return mean && mean->mode == ReduceMode::kMean && in.rank() == 4 &&
         mean->to.element_count() == in[0] * in[1];
}

bool is_gate(const Layer& layer) {
  const auto* op = std::get_if<Activation>(&layer.config.op);
  return op && (op->mode == ActivationMode::kSigmoid || op->mode == ActivationMode::kHardSigmoid);
}

bool mixes_channels(const Layer& layer) {
  const auto* conv = std::get_if<Convolution>(&layer.config.op);
  return (conv && conv->kernel == Size2{1, 1}) ||
         std::holds_alternative<FullyConnected>(layer.config.op);
}

bool may_stand_between(const Layer& layer) {
  const auto* sum = std::get_if<Elementwise>(&layer.config.op);  // a bias
  return (sum && sum->mode == ElementwiseMode::kAdd) ||
         std::holds_alternative<View>(layer.config.op) ||
         std::holds_alternative<Activation>(layer.config.op) ||
         std::holds_alternative<Normalization>(layer.config.op);
}

// From the gate's end up to the average of `x`; the members, last first.
std::optional<std::vector<std::string>> gate_of(const Graph& graph, TensorId gate, TensorId x) {
  std::vector<std::string> members;
  int mixing = 0;
  bool gated = false;
  for (TensorId at = gate; members.size() < kMaxLayers;) {
    const Layer* layer = graph.only_writer(at);
    if (!layer) return std::nullopt;
    members.push_back(layer->name);
    at = layer->inputs[0];
    if (at == x && averages_plane(*layer))
      return gated && mixing >= 2 ? std::optional(members) : std::nullopt;
    if (!gated && !is_gate(*layer) && !std::holds_alternative<View>(layer->config.op))
      return std::nullopt;
    gated = gated || is_gate(*layer);
    mixing += mixes_channels(*layer);
    if (!mixes_channels(*layer) && !may_stand_between(*layer)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<FusedGroup> find_blocks(const Network& network) {
  const Graph graph(network);
  std::vector<FusedGroup> blocks;
  for (const Layer& layer : network.layers) {
    const auto* op = std::get_if<Elementwise>(&layer.config.op);
    if (!op || op->mode != ElementwiseMode::kMul || layer.inputs.size() != 2) continue;
    for (std::size_t slot = 0; slot < 2; ++slot) {
      auto members = gate_of(graph, layer.inputs[slot], layer.inputs[1 - slot]);
      if (!members) continue;
      std::reverse(members->begin(), members->end());
      members->push_back(layer.name);
      blocks.push_back({layer.name, "squeeze-excite", std::move(*members)});
      break;
    }
  }
  return blocks;
}

}  // namespace neuralpower
