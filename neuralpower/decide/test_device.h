// SPDX-License-Identifier: Apache-2.0
// A device model small enough to check by hand, for tests: convolutions take 0.5 ms and 1 ns a
// multiply-accumulate (fully connected layers 0.2 ms and 2 ns) at 50 W, within 10 %.
#pragma once

#include "neuralpower/model/device_model.h"

namespace neuralpower {

inline LayerModel test_layer_model(std::string key, Target target, double intercept,
                                   std::vector<WeightedTerm> terms) {
  LayerModel model;
  model.key = std::move(key);
  model.target = target;
  model.regimes.push_back({"always", intercept, std::move(terms), {}});
  model.interval.push_back({1e300, 0.9, 1.1});
  return model;
}

inline DeviceModel test_device() {
  DeviceModel device;
  device.device = "test";
  device.method = "by hand";
  device.layers["conv"].runtime = test_layer_model("conv", Target::kRuntime, 0.5, {{"macs", 1e-6}});
  device.layers["conv"].power = test_layer_model("conv", Target::kPower, 50, {});
  device.layers["fc"].runtime = test_layer_model("fc", Target::kRuntime, 0.2, {{"macs", 2e-6}});
  device.layers["fc"].power = test_layer_model("fc", Target::kPower, 50, {});
  return device;
}

}  // namespace neuralpower
