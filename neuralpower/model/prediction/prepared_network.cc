// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/prepared_network.h"

#include <fmt/format.h>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/batch_predict.h"
#include "neuralpower/model/prediction/predict.h"

namespace neuralpower {

PreparedNetwork::PreparedNetwork(std::shared_ptr<const Predictor> predictor, const Network& network)
    : predictor_(std::move(predictor)),
      batch_(std::make_unique<BatchPredictor>(predictor_)),
      prediction_(predictor_->predict(network)) {
  for (const LayerPrediction& layer : prediction_.layers) {
    parts_.push_back(part_of(layer));
    macs_.push_back(count_work(layer.config).macs);
  }
}

PreparedNetwork::PreparedNetwork(PreparedNetwork&&) noexcept = default;
PreparedNetwork& PreparedNetwork::operator=(PreparedNetwork&&) noexcept = default;
PreparedNetwork::~PreparedNetwork() = default;

// What is free, estimated from other kinds or unknown has no formula of its own.
PreparedNetwork::Part PreparedNetwork::part_of(const LayerPrediction& layer) {
  if (!layer.covered || is_free(layer.config)) return {};
  const KeyFormulas* formulas = predictor_->formulas_of(model_key(layer.config));
  return formulas ? Part{formulas, batch_->add(layer.config)} : Part{};
}

void PreparedNetwork::replace(std::size_t index, const LayerConfig& config) {
  if (index >= prediction_.layers.size())
    throw usage_error(fmt::format("there is no layer {}: {} has {} layers, counted from 0", index,
                                  prediction_.network, prediction_.layers.size()));
  LayerPrediction& old = prediction_.layers[index];
  LayerPrediction layer = predictor_->predict_layer(config);
  const Work work = count_work(config);
  layer.name = std::move(old.name);
  layer.params = work.weights;
  macs_[index] = work.macs;
  parts_[index] = part_of(layer);
  old = std::move(layer);
  prediction_.overhead = predictor_->overhead(prediction_.layers);
}

void PreparedNetwork::forget_values() { batch_->forget_values(); }

const NetworkPrediction& PreparedNetwork::predict() {
  batch_->evaluate();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto [formulas, id] = parts_[i];
    if (formulas)
      formulas->put_estimates(Seconds(batch_->runtime()[id]), Watts(batch_->power()[id]),
                              prediction_.layers[i]);
  }
  add_up(prediction_, macs_);
  return prediction_;
}

}  // namespace neuralpower
