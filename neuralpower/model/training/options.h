// SPDX-License-Identifier: Apache-2.0
// What training and cross-validation may be told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace neuralpower {

struct DeviceModel;

struct TrainOptions {
  std::string device;  // name of the device in the model
  std::string source;  // citation or origin of the samples
  std::string method = "neuralpower";
  std::size_t folds = 10;  // fewer where a key has fewer configurations
  std::uint64_t seed = 1;
  unsigned threads = 1;
  bool mixed = false;  // rows of several devices or software stacks are taken as one
  // Another device's model: its formulas of the same keys become the base of these. Methods that
  // know no base refuse it (usage).
  std::shared_ptr<const DeviceModel> from;
};

struct CrossValidateOptions {
  TrainOptions train;
  std::size_t folds = 10;
  std::string group = "layer";  // "layer": by configuration; "network"; or a feature ("Ci", "kh")
};

// Before a piece of the work: how much of it is done (by rows, 0 to 1) and what comes now. It may
// throw: the work ends with that exception.
using TrainProgress = std::function<void(double fraction, const std::string& what)>;

}  // namespace neuralpower
