// SPDX-License-Identifier: Apache-2.0
// Evaluation: held-out errors, in per cent, on rows that the model in question was not fitted to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/regression/error_metrics.h"

namespace neuralpower {

struct ErrorRow {
  ErrorMetrics metrics;
  double terms = 0;     // of the model, mean over the folds
  double coverage = 0;  // per cent of rows inside the 90 % interval; negative: not known
  // RMSPE of predicting single repetitions by their own configuration's median: the noise of the
  // measurements. Absent where no layer was measured twice.
  std::optional<double> repetitions = {};
};

struct NetworkRow {
  std::string network;
  std::int64_t batch = 1;
  double predicted = 0, measured_layers = 0, measured = 0;  // ms, W or J; 0: absent
};

// A layer that was measured, beside what a model that never saw it says, with its 90 % interval.
struct HeldOutRow {
  struct Pair {
    double measured = 0, predicted = 0, low = 0, high = 0;
  };
  std::string layer, key;
  std::size_t fold = 0;                        // counted from 0
  std::optional<Pair> runtime, power, energy;  // ms, W, J
};

struct Evaluation {
  std::string method;
  std::string split;  // "10 folds by layer, seed 1"
  std::size_t configurations = 0;
  std::size_t left_out = 0;  // rows seen in training (evaluate) or without a model
  std::vector<std::string> notes;
  // target ("runtime", "power", "energy") -> key -> errors. A kind with several modes
  // ("activation.relu", "activation.tanh") also has a row for the kind as a whole.
  std::map<std::string, std::map<std::string, ErrorRow>> targets;
  // target -> errors of whole networks, and the networks themselves; empty without any.
  std::map<std::string, ErrorRow> networks;
  std::map<std::string, std::vector<NetworkRow>> network_rows;
  std::vector<HeldOutRow> held_out;  // of a cross-validation, in the order of the samples by key
};

}  // namespace neuralpower
