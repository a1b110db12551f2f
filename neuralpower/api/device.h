// SPDX-License-Identifier: Apache-2.0
// Device: what has been learned of one device and software stack, ready to predict.
//
//   const auto device = neuralpower::Device::load("xeon-gold-5120");
//   const auto network = neuralpower::read_network("resnet50.onnx");
//   const auto prediction = device.predict(network);
//   prediction.runtime->value                      // Seconds, of the whole network
//
// Copies share one model and cost nothing; predicting from several threads at once is safe.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/model/prediction/prediction.h"
#include "neuralpower/model/prediction/prepared_network.h"
#include "neuralpower/model/training/options.h"
#include "neuralpower/network/network.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

class Predictor;
struct DeviceModel;

class Device {
 public:
  // A device model's file, or the name of one that is shipped. Error naming the file.
  static Device load(const std::string& name_or_file);
  static Device parse(std::string_view json);
  // Learns a device model from measured layers; `progress` is told the kinds of layers as their
  // turn comes, and may throw to stop. Error (bad input) if there are too few configurations.
  static Device train(const std::vector<Sample>& samples, const TrainOptions& options,
                      const TrainProgress& progress = {});
  explicit Device(DeviceModel model);

  const std::string& name() const;
  const std::string& software() const;
  const std::string& method() const;
  // Why power and energy are absent; empty if they are there.
  const std::string& no_power() const;
  bool was_trained_on(const LayerConfig& layer) const;

  NetworkPrediction predict(const Network& network) const;
  LayerPrediction predict_layer(const LayerConfig& layer) const;
  // For loops that change layers of one network and ask for it again.
  PreparedNetwork prepare(const Network& network) const;

  // The model as the text of its file, and into a file (written beside it and renamed).
  std::string to_json() const;
  void save(const std::filesystem::path& file) const;

  // For this project's own code: the formulas behind it.
  const Predictor& predictor() const { return *predictor_; }

 private:
  std::shared_ptr<const Predictor> predictor_;
};

// Names of the shipped device models, for Device::load.
std::vector<std::string> shipped_device_names();

// Without any measurement: Paleo's analytical model with a device's data sheet, by file or by the
// name of a shipped one. Runtime only.
NetworkPrediction predict_analytically(const Network& network, const std::string& data_sheet);

}  // namespace neuralpower
