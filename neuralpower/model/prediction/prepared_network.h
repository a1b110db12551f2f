// SPDX-License-Identifier: Apache-2.0
// PreparedNetwork: a network made ready for one device model, to be asked again and again while
// layers of it change: what Predictor::predict says, to the last bit, without the work that is the
// same each time (fusion, names, features, warnings).
//
//   PreparedNetwork prepared = device.prepare(network);
//   prepared.predict().energy->value
//   prepared.replace(3, parse_layer("conv in=64x56x56 out=48 kernel=3 pad=1"));
//   prepared.predict().energy->value                       // only what is new was computed
//
// Layers that were seen are remembered, some hundred bytes each. Not for several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "neuralpower/model/prediction/prediction.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

class BatchPredictor;
class KeyFormulas;
class Predictor;

class PreparedNetwork {
 public:
  PreparedNetwork(std::shared_ptr<const Predictor> predictor, const Network& network);
  PreparedNetwork(PreparedNetwork&&) noexcept;
  PreparedNetwork& operator=(PreparedNetwork&&) noexcept;
  ~PreparedNetwork();

  // Layer `index` of the prediction is this one from now on. Its name stays, its parameters are its
  // weights, and its neighbours are what they were. Error (usage) if there is no such layer.
  void replace(std::size_t index, const LayerConfig& config);

  // Evaluates the formulas for layers that are new and adds up. Valid until the next call.
  const NetworkPrediction& predict();

  // The next predict() evaluates the formulas of all layers anew: for measuring how long it takes.
  void forget_values();

 private:
  struct Part {
    const KeyFormulas* formulas = nullptr;  // nullptr: nothing to evaluate, it stays as it is
    std::uint32_t id = 0;                   // in batch_
  };
  Part part_of(const LayerPrediction& layer);

  std::shared_ptr<const Predictor> predictor_;
  std::unique_ptr<BatchPredictor> batch_;
  NetworkPrediction prediction_;
  std::vector<Part> parts_;         // by layer
  std::vector<std::int64_t> macs_;  // by layer
};

}  // namespace neuralpower
