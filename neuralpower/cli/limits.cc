// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/limits.h"

#include <span>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower::cli {
namespace {

struct Unit {
  std::string_view name;
  double in_si = 1;
};

// The longest units first: "ms" also ends in "s".
constexpr Unit kTimes[] = {{"ms", 1e-3}, {"us", 1e-6}, {"s", 1}};
constexpr Unit kPowers[] = {{"mW", 1e-3}, {"kW", 1e3}, {"W", 1}};
constexpr Unit kEnergies[] = {{"mJ", 1e-3}, {"uJ", 1e-6}, {"kJ", 1e3}, {"J", 1}};

double parse_quantity(const std::string& option, const std::string& text,
                      std::span<const Unit> units, const char* example) {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const auto value =
        parse_double(trim(std::string_view(text).substr(0, text.size() - unit.name.size())));
    if (value && *value > 0) return *value * unit.in_si;
    break;
  }
  throw usage_error(option + " " + printable(text) + " is not a number with a unit, such as " +
                    example);
}

}  // namespace

Seconds parse_latency(const std::string& option, const std::string& text) {
  return Seconds(parse_quantity(option, text, kTimes, "20ms"));
}
Watts parse_power(const std::string& option, const std::string& text) {
  return Watts(parse_quantity(option, text, kPowers, "200W"));
}
Joules parse_energy(const std::string& option, const std::string& text) {
  return Joules(parse_quantity(option, text, kEnergies, "1J"));
}

std::vector<double> parse_numbers(const std::string& option, const std::string& text) {
  std::vector<double> numbers;
  for (std::string_view piece : split(text, ',')) {
    const auto number = parse_double(trim(piece));
    if (!number)
      throw usage_error(option + " " + printable(text) + " is not a list of numbers such as 1,2,4");
    numbers.push_back(*number);
  }
  return numbers;
}

void LimitOptions::add_to(CLI::App& app) {
  app.add_option("--max-latency", latency, "Longest run of a batch: 20ms");
  app.add_option("--max-power", power, "Highest average power: 200W");
  app.add_option("--max-energy", energy, "Most energy an item: 1J");
}

Limits LimitOptions::limits() const {
  Limits limits;
  if (!latency.empty()) limits.latency = parse_latency("--max-latency", latency);
  if (!power.empty()) limits.power = parse_power("--max-power", power);
  if (!energy.empty()) limits.energy_per_item = parse_energy("--max-energy", energy);
  return limits;
}

}  // namespace neuralpower::cli
