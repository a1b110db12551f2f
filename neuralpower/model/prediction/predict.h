// SPDX-License-Identifier: Apache-2.0
// Device model and network in, prediction out.
#pragma once

#include <map>
#include <string>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/prediction/measured_sizes.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

// A device model made ready: names of terms looked up once, for any number of predictions.
class Predictor {
 public:
  explicit Predictor(DeviceModel model);
  Predictor(const Predictor&) = delete;  // holds pointers into its model
  Predictor& operator=(const Predictor&) = delete;

  const DeviceModel& model() const { return model_; }

  // True if this very configuration was among the samples the model was fitted to.
  bool was_trained_on(const LayerConfig& config) const;

  // A layer of a kind that was never measured gets the general model's runtime, but is not covered.
  LayerPrediction predict_layer(const LayerConfig& config) const;
  // Of the network as the device model's software stack runs it (stack.h).
  NetworkPrediction predict(const Network& network) const;

 private:
  struct Formulas {
    const LayerModel* runtime_model = nullptr;
    const LayerModel* power_model = nullptr;
    std::optional<LayerFormula> runtime, power;
    std::optional<MeasuredSizes> sizes;  // not of general models: they know no sizes
    std::vector<std::size_t> range_at;  // where the features of the runtime model's ranges stand
    const std::vector<IntervalBand>* energy_interval = nullptr;
  };
  void add_formulas(const std::map<std::string, KeyModels>& all);
  // Fills in what the formulas say of the layer.
  void apply(const Formulas& f, std::vector<double> features, LayerPrediction& layer) const;
  void estimate(const std::string& key, LayerPrediction& layer) const;
  bool estimate_by_group(const std::string& key, const std::string& variant,
                         LayerPrediction& layer) const;
  bool estimate_by_step(const std::string& key, LayerPrediction& layer) const;

  DeviceModel model_;
  std::map<std::string, Formulas, std::less<>> formulas_;  // by model key and by general key
};

}  // namespace neuralpower
