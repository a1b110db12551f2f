// SPDX-License-Identifier: Apache-2.0
// What comes with NeuralPower: device models, data sheets, published figures; and where they are.
//
// Looked for in this order: the folder that the environment variable NEURALPOWER_DEVICES names;
// `devices` beside this code (in a Python package); share/neuralpower/devices in one of the folders
// above this code, where "this code" is the program, the shared library or the Python module that
// it was linked into. So PREFIX/bin/neuralpower finds PREFIX/share/neuralpower/devices wherever
// PREFIX is. The nearer folder wins.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace neuralpower {

// Names of device models and of data sheets: files, sorted by name within a folder.
struct ShippedDevices {
  std::vector<std::filesystem::path> models, specs;
};
ShippedDevices shipped_devices();

// The folder of published figures. Error (environment) if there is none.
std::filesystem::path published_folder();

// The file itself if `name_or_file` is one, else the shipped one of that name. Error (usage) with
// the nearest name there is.
std::filesystem::path find_model_file(const std::string& name_or_file);
std::filesystem::path find_spec_file(const std::string& name_or_file);

}  // namespace neuralpower
