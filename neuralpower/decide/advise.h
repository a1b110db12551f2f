// SPDX-License-Identifier: Apache-2.0
// Advice: the single changes to a network that would save most energy on a device.
//
// Tried are, one at a time: smaller kernels; output channels at the multiples that vector units and
// tiles like; a depthwise and a 1x1 convolution in place of one; a stride taken earlier, or in
// place of the pooling behind; other batch sizes; other data types, where the device model was
// trained on layers of them. Every change is built, predicted as `predict`
// does and compared. Not offered is what cannot be built, what the device model does not cover, and
// what leads further outside what it was measured on than the network already is. What a change
// does to precision is not known here.
//
// As each change is a network of its own to predict, the convolutions with most
// multiply-accumulates come first, and in networks of very many layers those with fewest are left
// out (`untried`).
//
// Bounds of a saving: layers that stay as they are cancel; of the others the bounds of the
// predictions are set against each other, low against high.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/model/prediction/predict.h"

namespace neuralpower {

struct Advice {
  std::string kind;    // "kernel", "channels", "depthwise-separable", "stride", "batch",
                       // "data-type"
  std::string layer;   // its name; empty: the whole network
  std::string change;  // "kernel 5x5 -> 3x3"
  // Of one item; what is saved is positive.
  std::optional<Estimate<Joules>> energy_saved;  // absent where no energy is known
  Estimate<Seconds> time_saved{};                // a run divided by its batch
  double share = 0;  // saved of the network's energy; of its time where no energy is known
  std::int64_t macs_more = 0, params_more = 0;  // negative: fewer
};

struct Advices {
  std::string network, device;
  std::int64_t batch = 1;
  std::optional<Estimate<Joules>> energy_per_item;  // absent: advice is by time alone
  std::string no_energy;                            // why
  Estimate<Seconds> time_per_item{};
  std::vector<Advice> advice;  // the greatest share first
  int tried = 0;               // changes that could be built
  int outside = 0;             // of these, not offered: outside what was measured, or not covered
  int useless = 0;             // of these, not offered: they save nothing
  int untried = 0;             // convolutions left out
};

struct AdviseOptions {
  ImportOptions import;
  std::vector<std::int64_t> batches = {1, 2, 4, 8, 16, 32, 64};
  std::vector<DataType> data_types = {DataType::kF16, DataType::kBF16, DataType::kI8};
};

// By time where the device model knows no energy. Error (bad input) if it knows neither.
Advices advise(const std::filesystem::path& file, const Predictor& predictor,
               const AdviseOptions& options);

}  // namespace neuralpower
