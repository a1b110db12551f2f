// SPDX-License-Identifier: Apache-2.0
// Samples as CSV: a header row, columns by name in any order; `layer` and `runtime_ms` required;
// network, position, name, repetition, power_w, energy_j, device, software optional; others are
// ignored. An empty field is an absent value.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "neuralpower/samples/csv_table.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Error (bad input) naming file and line: a missing column, a layer that does not parse, a number
// that is none, a runtime, power or energy that is not positive.
std::vector<Sample> read_samples_csv(const std::filesystem::path& file);

// As above, but only `layer` is required: a list of layers without measurements; runtime is 0.
std::vector<Sample> read_layers_csv(const std::filesystem::path& file);

std::vector<NetworkSample> read_networks_csv(const std::filesystem::path& file);

void write_samples_csv(std::ostream& out, const std::vector<Sample>& samples);
void write_networks_csv(std::ostream& out, const std::vector<NetworkSample>& networks);

}  // namespace neuralpower
