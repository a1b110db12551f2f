// SPDX-License-Identifier: Apache-2.0
// What commands read beside the files of api/inputs.h: device models and data sheets by name, and
// how to train.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

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

// Measured layers that a command takes as those of one device and one software stack.
struct SamplesOption {
  std::vector<std::string> files;
  std::string device, software;
  bool mixed = false;

  // The positional argument `samples`, and --measured-on, --software and --mixed.
  void add_to(CLI::App& app, bool required = true);
  // Error (bad input) for rows of several origins, unless one is chosen or they may be mixed. Says
  // on standard error what is left out because it ran without its stack's fusion.
  std::vector<Sample> read() const;
};

// --method and --seed.
void add_training_options(CLI::App& app, TrainOptions& options);

// As many as the machine has processors for this process.
unsigned default_threads();

}  // namespace neuralpower::cli
