// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/device.h"

#include "neuralpower/api/shipped_files.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/samples/origin.h"

namespace neuralpower {

Device::Device(DeviceModel model)
    : predictor_(std::make_shared<const Predictor>(std::move(model))) {}

Device Device::load(const std::string& name_or_file) {
  return Device(load_device_model(find_model_file(name_or_file)));
}

Device Device::parse(std::string_view json) { return Device(parse_device_model(json)); }

Device Device::train(const std::vector<Sample>& samples, const TrainOptions& options,
                     const TrainProgress& progress) {
  if (!options.mixed) expect_one_origin(samples);
  return Device(train_device_model(samples, options, progress));
}

const std::string& Device::name() const { return predictor_->model().device; }
const std::string& Device::software() const { return predictor_->model().software; }
const std::string& Device::method() const { return predictor_->model().method; }
const std::string& Device::no_power() const { return predictor_->model().no_power; }

bool Device::was_trained_on(const LayerConfig& layer) const {
  return predictor_->was_trained_on(layer);
}

NetworkPrediction Device::predict(const Network& network) const {
  return predictor_->predict(network);
}

LayerPrediction Device::predict_layer(const LayerConfig& layer) const {
  return predictor_->predict_layer(layer);
}

PreparedNetwork Device::prepare(const Network& network) const { return {predictor_, network}; }

std::string Device::to_json() const { return to_json_text(predictor_->model()); }

void Device::save(const std::filesystem::path& file) const {
  save_device_model(predictor_->model(), file);
}

std::vector<std::string> shipped_device_names() {
  std::vector<std::string> names;
  for (const auto& file : shipped_devices().models) names.push_back(file.stem().string());
  return names;
}

NetworkPrediction predict_analytically(const Network& network, const std::string& data_sheet) {
  return predict_with_paleo(network, load_paleo_device(find_spec_file(data_sheet)));
}

}  // namespace neuralpower
