// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/candidate.h"

#include <fmt/format.h>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/decide/shared_layers.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

double fraction(std::string_view what, double value) {
  if (!(value >= 0 && value <= 1))
    throw bad_input(fmt::format(
        "{} is {}; it must be a fraction between 0 and 1{}", what, value,
        value > 1 && value <= 100 ? fmt::format(", such as {} for {} %", value / 100, value) : ""));
  return value;
}

double fraction(const CsvTable& table, std::string_view column, double value) {
  try {
    return fraction(column, value);
  } catch (const Error& error) {
    throw table.located(error);
  }
}

ErrorRate read_error(const CsvTable& table) {
  const auto value = table.number("error");
  if (!value) throw table.located(bad_input("error is empty; it must be a fraction, such as 0.07"));
  ErrorRate error;
  error.value = fraction(table, "error", *value);
  error.low = fraction(table, "error_low", table.number("error_low").value_or(error.value));
  error.high = fraction(table, "error_high", table.number("error_high").value_or(error.value));
  if (error.low > error.value || error.high < error.value)
    throw table.located(bad_input("error_low to error_high must enclose error"));
  return error;
}

std::string read_name(const CsvTable& table) {
  if (table.field("name").empty()) throw table.located(bad_input("name is empty"));
  return std::string(table.field("name"));
}

Error stands_twice(const CsvTable& table, const std::string& name) {
  return table.located(bad_input("'" + printable(name) + "' stands twice; names must differ"));
}

}  // namespace

std::vector<Candidate> read_candidates_csv(const std::filesystem::path& file) {
  CsvTable table(file);
  for (std::string_view column : {"name", "error", "epi_j"}) table.require(column);
  std::vector<Candidate> candidates;
  std::map<std::string, int> seen;
  while (table.next()) {
    Candidate candidate;
    candidate.name = read_name(table);
    if (seen[candidate.name]++ > 0) throw stands_twice(table, candidate.name);
    candidate.error = read_error(table);
    const double epi = table.required_positive("epi_j");
    candidate.energy_per_item = {Joules(epi), Joules(table.positive("epi_low_j").value_or(epi)),
                                 Joules(table.positive("epi_high_j").value_or(epi))};
    if (candidate.energy_per_item.low > Joules(epi) || candidate.energy_per_item.high < Joules(epi))
      throw table.located(bad_input("epi_low_j to epi_high_j must enclose epi_j"));
    if (const auto ms = table.positive("latency_ms"))
      candidate.latency = {milliseconds(*ms), milliseconds(*ms), milliseconds(*ms)};
    if (const auto watts = table.positive("power_w"))
      candidate.power = {Watts(*watts), Watts(*watts), Watts(*watts)};
    candidates.push_back(std::move(candidate));
  }
  if (candidates.empty()) throw table.located(bad_input("the file has a header but no rows"));
  return candidates;
}

std::map<std::string, ErrorRate> read_errors_csv(const std::filesystem::path& file) {
  CsvTable table(file);
  for (std::string_view column : {"name", "error"}) table.require(column);
  std::map<std::string, ErrorRate> errors;
  while (table.next()) {
    const std::string name = read_name(table);
    if (!errors.emplace(name, read_error(table)).second) throw stands_twice(table, name);
  }
  if (errors.empty()) throw table.located(bad_input("the file has a header but no rows"));
  return errors;
}

ErrorRate checked_error_rate(double value) {
  fraction("error", value);
  return {value, value, value};
}

Candidate to_candidate(const NetworkPrediction& prediction, std::string name, ErrorRate error) {
  if (!prediction.energy) {
    std::string why = prediction.no_power;
    for (const LayerPrediction& layer : prediction.layers)
      if (why.empty() && !layer.energy) why = layer.reason;
    throw bad_input("the device model cannot tell its energy: " + why);
  }
  const auto batch = static_cast<double>(prediction.batch);
  Candidate candidate;
  candidate.name = std::move(name);
  candidate.error = error;
  candidate.energy_per_item = {prediction.energy->value / batch, prediction.energy->low / batch,
                               prediction.energy->high / batch};
  candidate.latency = prediction.runtime;
  candidate.power = prediction.power;
  candidate.batch = prediction.batch;
  candidate.layers = layer_costs(prediction);
  const Coverage& coverage = prediction.coverage;
  if (!coverage.complete())
    candidate.caveat = fmt::format("{} of {} layers covered, {:.1f} % of the multiply-accumulates",
                                   coverage.covered, coverage.layers, 100 * coverage.share_of_macs);
  return candidate;
}

}  // namespace neuralpower
