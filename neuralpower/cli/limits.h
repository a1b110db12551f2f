// SPDX-License-Identifier: Apache-2.0
// Quantities with their units on the command line, and the limits that several commands take.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/decide/rank.h"

namespace neuralpower::cli {

// "20ms", "1.5s", "300us"; "200W", "5kW", "900mW"; "1J", "20mJ", "3kJ". The unit is required. Error
// (usage) naming the option for anything else, or what is not positive.
Seconds parse_latency(const std::string& option, const std::string& text);
Watts parse_power(const std::string& option, const std::string& text);
Joules parse_energy(const std::string& option, const std::string& text);

// "1,2,3.5" as numbers; Error (usage) naming the option.
std::vector<double> parse_numbers(const std::string& option, const std::string& text);

// --max-latency 20ms --max-power 200W --max-energy 1J
struct LimitOptions {
  std::string latency, power, energy;
  void add_to(CLI::App& app);
  Limits limits() const;
};

}  // namespace neuralpower::cli
