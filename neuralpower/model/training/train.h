// SPDX-License-Identifier: Apache-2.0
// Samples in, device model and report out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/model/training/options.h"
#include "neuralpower/model/training/training_data.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// A key with fewer configurations gets the general model, scaled.
inline constexpr std::size_t kMinimumRows = 5;

// Fits runtime and, where there is any, power of one key, with held-out errors, ranges and
// intervals filled in.
KeyModels fit_key_models(const KeyData& data, const TrainOptions& options);

// All samples are taken as those of one device and one software stack (samples/origin.h). Error
// (bad input) if there is no key with enough configurations. `progress` is told the keys as their
// turn comes.
DeviceModel train_device_model(const std::vector<Sample>& samples, const TrainOptions& options,
                               const TrainProgress& progress = {});

}  // namespace neuralpower
