// SPDX-License-Identifier: Apache-2.0
// Energy to money and carbon dioxide, from what the user pays and what the user's grid emits.
//
//   kWh of n items = n x (energy of a run + idle energy between runs) / batch x overhead / 3.6e6
//   idle between   = idle power x runtime x (1 - utilisation) / utilisation
//   money          = kWh x price;  CO2 = kWh x intensity
//
// Nothing is assumed: without price or intensity there is no money or CO2, without idle power the
// idle share is unknown and energy between the runs is not counted. The power a model predicts is
// that of the whole device while it runs, so the idle power is part of it: `idle_share` says how
// large a part of all energy the device would have drawn in the same time without any work.
#pragma once

#include <optional>
#include <string>

#include "neuralpower/base/units.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

struct Tariff {
  std::optional<double> price_per_kwh;      // money of any currency
  std::optional<double> grams_co2_per_kwh;  // g
  std::optional<Watts> idle_power;          // of the device, as its power was measured
  std::optional<double> utilisation;        // share of the time in which it runs, above 0 to 1
  std::optional<double> overhead;           // power usage effectiveness of the site, 1 or more
  double items = 1e6;
};

struct Amount {
  double value = 0, low = 0, high = 0;
};

struct Cost {
  std::string name, device;
  std::int64_t batch = 1;
  double items = 1e6;
  Amount joules_per_item;  // of the run, without what is idle between runs and without overhead
  std::optional<Joules> idle_between_per_item;  // absent: not counted
  std::optional<double> idle_share;             // of all device energy; absent: not known
  std::string idle_statement;                   // the two in a sentence
  Amount kwh;
  std::optional<Amount> money, kilograms_co2;
  std::string caveat;  // layers not covered
};

// Error (usage) for a tariff out of range; Error (bad input) if the energy is not known.
Cost cost_of(const NetworkPrediction& prediction, const Tariff& tariff);

// The same for a measured energy of one item, where the time of one item may be known.
Cost cost_of(std::string name, Estimate<Joules> energy_per_item,
             std::optional<Seconds> time_per_item, const Tariff& tariff);

}  // namespace neuralpower
