// SPDX-License-Identifier: Apache-2.0
// Candidate: one network among which to choose, with its error and what a run of it costs.
//
// Errors are fractions between 0 and 1 (0.073, not 7.3 %). Energy is that of one item: of a run
// divided by its batch. Latency is the time of a whole run, power its average.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/decide/layer_cost.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

// A fraction with the bounds the user knows of it; the value itself where none are known.
struct ErrorRate {
  double value = 0, low = 0, high = 0;
};

// Error (bad input) if it is no fraction.
ErrorRate checked_error_rate(double value);

struct Candidate {
  std::string name;
  ErrorRate error;
  Estimate<Joules> energy_per_item{};
  std::optional<Estimate<Seconds>> latency;
  std::optional<Estimate<Watts>> power;
  std::int64_t batch = 1;
  std::string caveat;             // what the numbers leave out; empty: nothing
  std::vector<LayerCost> layers;  // of a run, where it was predicted; sorted by text
};

// name,error,epi_j required; error_low, error_high, epi_low_j, epi_high_j, latency_ms, power_w
// optional. Error (bad input) naming file and line: a missing column or value, an error outside 0
// to 1, an energy that is not positive, bounds on the wrong side, a name that stands twice.
std::vector<Candidate> read_candidates_csv(const std::filesystem::path& file);

// name,error (error_low, error_high): what the user knows of each network. Errors as above.
std::map<std::string, ErrorRate> read_errors_csv(const std::filesystem::path& file);

// A predicted network as a candidate. Error (bad input) if its energy is not known, saying why.
Candidate to_candidate(const NetworkPrediction& prediction, std::string name, ErrorRate error);

}  // namespace neuralpower
