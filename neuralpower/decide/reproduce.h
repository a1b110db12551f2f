// SPDX-License-Identifier: Apache-2.0
// The tables of the NeuralPower paper (Cai et al. 2017): read from data files, checked by the
// arithmetic behind them, and made anew for any device model and measurements.
//
// RMSPE = 100 sqrt(mean(((predicted - measured) / measured)^2)); whole networks are judged against
// the whole network measured, not against the sum of its layers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/decide/rank.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// A row of tables 2 and 3: the error on single layers, and how many terms the model has.
struct LayerErrors {
  std::string device, software, target, kind;
  std::optional<double> rmspe;  // absent: too few samples to hold some out
  int terms = 0;
  std::optional<double> paleo_rmspe;
  int table = 0;  // of the paper; 0: made here
};

// A row of tables 4 to 6. Values in ms, W or J.
struct NetworkComparison {
  std::string network;
  std::optional<double> batch, predicted, measured_layers, measured, paleo;
};

// A table of whole networks for one target.
struct NetworkTable {
  std::string target;  // "runtime", "power", "energy"
  std::vector<NetworkComparison> rows;
  int table = 0;

  // RMSPE of a column against the measured networks; nothing without a row that has both.
  std::optional<double> rmspe(std::optional<double> NetworkComparison::*column) const;
};

// One layer of a network as measured and as predicted (figures 4 and 5).
struct LayerComparison {
  std::string network;
  std::int64_t batch = 1;
  int position = 0;
  std::optional<double> measured_ms, predicted_ms, paleo_ms, measured_w, predicted_w;
};

// A row of tables 9 and 11: signed errors in per cent.
struct SignedErrors {
  std::string software, network;
  double runtime = 0, power = 0, energy = 0;
  int table = 0;
  // What the energy's error must be, as energy is runtime times power.
  double implied_energy() const;
};

// The paper's tables; those of a device of one's own leave the last two empty.
struct Reproduction {
  std::string device, method;
  std::vector<LayerErrors> layers;
  std::vector<NetworkTable> networks;           // runtime, power, energy
  std::vector<LayerComparison> network_layers;  // by network, batch, position; empty as published
  std::optional<Ranking> ratio;                 // table 7
  std::vector<SignedErrors> signed_errors;
  std::vector<std::string> notes;  // contradictions, or what to know about the numbers
};

// Reads neuralpower-2017-*.csv of the folder. Error naming file and line.
Reproduction read_published(const std::filesystem::path& folder);

// The same tables of a device model: held-out errors of its layers from the model itself, networks
// from the samples that have network and position, whole networks from `measured`. With a data
// sheet, Paleo stands beside. `errors`: for table 7, from measured energy where it is there.
Reproduction reproduce(const Predictor& predictor, const std::vector<Sample>& samples,
                       const std::vector<NetworkSample>& measured,
                       const std::optional<PaleoDevice>& sheet,
                       const std::map<std::string, ErrorRate>& errors);

}  // namespace neuralpower
