// SPDX-License-Identifier: Apache-2.0
// What users keep in files, read whatever its format: samples, networks, layers to measure.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// All rows of CSV files and stores, one after the other.
std::vector<Sample> read_samples(const std::vector<std::string>& files);

// A network file of any known format, or a CSV whose `layer` column lists the layers in order.
Network read_network(const std::string& file, const ImportOptions& options = {});

// Layers in order as one network; `names` may be empty, or hold empty names.
Network network_of_layers(std::string name, const std::vector<LayerConfig>& layers,
                          const std::vector<std::string>& names = {});

// Each layer once: of the networks at all batch sizes (none: the files' own), then those of a
// sampling plan (empty: none), so ordered that every beginning is a sensible whole.
std::vector<LayerConfig> layers_to_measure(const std::vector<std::string>& networks,
                                           const std::vector<std::int64_t>& batches,
                                           const std::string& plan);

// Takes away the layers of these network files, at any batch size.
void leave_out(std::vector<LayerConfig>& layers, const std::vector<std::string>& networks);

}  // namespace neuralpower
