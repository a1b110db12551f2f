// SPDX-License-Identifier: Apache-2.0
// Held-out errors: of a method by cross-validation, of a finished device model on other samples.
// All errors are in per cent, on rows that the model in question was not fitted to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct ErrorRow {
  ErrorMetrics metrics;
  double terms = 0;     // of the model, mean over the folds
  double coverage = 0;  // per cent of rows inside the 90 % interval
};

struct NetworkRow {
  std::string network;
  std::int64_t batch = 1;
  double predicted = 0, measured_layers = 0, measured = 0;  // ms, W or J; 0: absent
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
};

struct CrossValidateOptions {
  TrainOptions train;
  std::size_t folds = 10;
  std::string group = "layer";  // "layer": by configuration; "network"; or a feature ("Ci", "kh")
};

// Trains with each fold left out in turn, predicts it, and judges all predictions together.
Evaluation cross_validate_method(const std::vector<Sample>& samples,
                                 const CrossValidateOptions& options,
                                 const std::function<void(const std::string&)>& progress = {});

// Predicts samples with a finished model. Configurations the model was trained on are left out and
// counted. Samples with a network and a position are also summed by network and batch, and compared
// with `networks` where that has the same. `predictions` are networks predicted from their files:
// they are judged instead of the sum of the samples' layers.
Evaluation evaluate(const Predictor& predictor, const std::vector<Sample>& samples,
                    const std::vector<NetworkSample>& networks = {},
                    const std::vector<NetworkPrediction>& predictions = {});

}  // namespace neuralpower
