// SPDX-License-Identifier: Apache-2.0
// What commands read beside the files of api/inputs.h: device models and data sheets by name, and
// how to train.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "neuralpower/api/inputs.h"
#include "neuralpower/api/shipped_files.h"
#include "neuralpower/model/device_model.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/training/options.h"

namespace neuralpower::cli {

// A device model by file, or by the name of one that is shipped.
DeviceModel find_device_model(const std::string& name_or_file);

// A device's data sheet by file, or by the name of a shipped one.
PaleoDevice find_device_spec(const std::string& name_or_file);

// Samples to learn from; says on standard error what of them does not go together and is left out.
std::vector<Sample> read_training_samples(const std::vector<std::string>& files);

// --method and --seed.
void add_training_options(CLI::App& app, TrainOptions& options);

// As many as the machine has processors for this process.
unsigned default_threads();

}  // namespace neuralpower::cli
