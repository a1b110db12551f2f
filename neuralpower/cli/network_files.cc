// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/network_files.h"

#include <filesystem>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/cli/inputs.h"

namespace neuralpower::cli {

std::vector<Network> read_measured_networks(const std::vector<std::string>& files,
                                            const std::vector<NetworkSample>& measured) {
  std::vector<Network> networks;
  for (const std::string& file : files) {
    std::set<std::int64_t> batches;
    const std::string name = std::filesystem::path(file).stem().string();
    for (const NetworkSample& network : measured)
      if (network.network == name) batches.insert(network.batch);
    if (batches.empty()) {
      Error error = usage_error("no network '" + name + "' in --networks to compare with");
      throw error.in_file(file);
    }
    for (const std::int64_t batch : batches) {
      ImportOptions options;
      options.batch = batch;
      networks.push_back(read_network(file, options));
      networks.back().name = name;
    }
  }
  return networks;
}

}  // namespace neuralpower::cli
