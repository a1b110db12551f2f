// SPDX-License-Identifier: Apache-2.0
// Device model and network in, prediction out.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/prediction/key_formulas.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

// A device model made ready: names of terms looked up once, for any number of predictions.
class Predictor {
 public:
  explicit Predictor(DeviceModel model);
  Predictor(const Predictor&) = delete;  // holds pointers into its model
  Predictor& operator=(const Predictor&) = delete;

  const DeviceModel& model() const { return model_; }

  // Those that have a runtime, by model key; nullptr if there are none.
  const KeyFormulas* formulas_of(std::string_view key) const;

  // True if this very configuration was among the samples the model was fitted to.
  bool was_trained_on(const LayerConfig& config) const;

  // A layer of a kind that was never measured gets the general model's runtime, but is not covered.
  LayerPrediction predict_layer(const LayerConfig& config) const;
  // Of the network as the device model's software stack runs it (stack.h).
  NetworkPrediction predict(const Network& network) const;

  // What the software stack spends between these layers.
  Seconds overhead(std::span<const LayerPrediction> layers) const;

 private:
  // Fills in what the formulas say of the layer.
  void apply(const KeyFormulas& f, std::vector<double> features, LayerPrediction& layer) const;
  void estimate(const std::string& key, LayerPrediction& layer) const;
  bool estimate_by_group(const std::string& key, const std::string& variant,
                         LayerPrediction& layer) const;
  bool estimate_by_step(const std::string& key, LayerPrediction& layer) const;

  DeviceModel model_;
  std::map<std::string, KeyFormulas, std::less<>> formulas_;  // by model key and by general key
};

}  // namespace neuralpower
