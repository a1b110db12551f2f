// SPDX-License-Identifier: Apache-2.0
// What commands read: samples, networks and device models, wherever the user keeps them.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/model/device_model.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/network.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower::cli {

// All rows of CSV files and stores, one after the other.
std::vector<Sample> read_samples(const std::vector<std::string>& files);

// A network file of any known format, or a CSV whose `layer` column lists the layers in order.
Network read_network(const std::string& file, const ImportOptions& options);

// A device model by file, or by the name of one that is shipped.
DeviceModel find_device_model(const std::string& name_or_file);

// A device's data sheet by file, or by the name of a shipped one.
PaleoDevice find_device_spec(const std::string& name_or_file);

// What is shipped: names of device models and of data sheets, sorted.
struct ShippedDevices {
  std::vector<std::filesystem::path> models, specs;
};
ShippedDevices shipped_devices();

// --method and --seed.
void add_training_options(CLI::App& app, TrainOptions& options);

// As many as the machine has processors for this process.
unsigned default_threads();

}  // namespace neuralpower::cli
