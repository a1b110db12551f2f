// SPDX-License-Identifier: Apache-2.0
// The device models and data sheets at hand as text: what `neuralpower devices` prints.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

struct NamedDeviceModel {
  std::string name;
  DeviceModel model;
};
struct NamedPaleoDevice {
  std::string name;
  PaleoDevice device;
};

std::string render_devices(const std::vector<NamedDeviceModel>& models,
                           const std::vector<NamedPaleoDevice>& specs,
                           const RenderOptions& options);

}  // namespace neuralpower
