// SPDX-License-Identifier: Apache-2.0
// A device model from whole networks: only totals were measured, never a layer.
//
// A network's runtime is the sum of its layers', and each layer's is a sum of terms with
// non-negative coefficients,
//
//   T = sum_layers [ c_1 + c_f flops + c_b bytes + what this kind of layer costs beyond that ],
//
// so one regression on terms summed over the network finds the coefficients: relative errors
// (weights 1/T^2), the terms that all kinds share free, those of one kind under a Lasso penalty
// that leave-one-network-out cross-validation chooses. Power is the mean over the runtime,
//
//   P T = sum_layers [ p_1 + e_f flops / t + e_b bytes / t + ... ] t,   t: the layer's runtime,
//
// fitted in the same way. Measured layers, where there are any, are rows of the same regression;
// kinds with kOwnModelRows of them get a model by --method, and the totals fit its scale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/network.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// One network at one batch size.
struct MeasuredNetwork {
  Network network;  // its name groups the batch sizes of one architecture
  double runtime_ms = 0;
  std::optional<double> power_w;
};

// With so many measured layers a kind has a model of its own.
inline constexpr std::size_t kOwnModelRows = 40;

struct NetworkTraining {
  DeviceModel model;
  // Of networks (`networks`, `network_rows`), each predicted by a fit that saw no batch size of it;
  // with many, a fold of them at a time.
  Evaluation held_out;
};

// Medians over the repetitions of each network and batch size; power is energy / runtime where
// there is energy. `architectures` are the networks at these batch sizes, matched by name and
// batch. Error (bad input) naming a measured network that has no architecture.
std::vector<MeasuredNetwork> match_networks(const std::vector<NetworkSample>& samples,
                                            const std::vector<Network>& architectures);

// Error (bad input) if there are fewer than two architectures or three measured networks in all.
NetworkTraining train_on_networks(const std::vector<MeasuredNetwork>& networks,
                                  const std::vector<Sample>& layers, const TrainOptions& options);

}  // namespace neuralpower
