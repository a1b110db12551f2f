// SPDX-License-Identifier: Apache-2.0
// The architectures of measured networks: files whose names are the networks' (alexnet.onnx for
// alexnet), read at each batch size that was measured.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/network/network.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower::cli {

// Error (usage) naming a file that no measured network is called after.
std::vector<Network> read_measured_networks(const std::vector<std::string>& files,
                                            const std::vector<NetworkSample>& measured);

}  // namespace neuralpower::cli
