// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/explain_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<Contribution>& all) {
  Json json = Json::array();
  for (const Contribution& c : all)
    json.push_back({{"term", c.term},
                    {"coefficient", c.coefficient},
                    {"value", c.value},
                    {"amount", c.amount}});
  return json;
}

Json to_json(const FormulaExplanation& e) {
  return {{"unit", e.unit},
          {"value", e.value},
          {"regime", e.regime},
          {"intercept", e.intercept},
          {"terms", to_json(e.terms)},
          {"correction", e.correction},
          {"log_intercept", e.log_intercept},
          {"log_terms", to_json(e.log_terms)},
          {"bound", e.bound}};
}

std::string render_formula(const char* what, const FormulaExplanation& e, int width) {
  using Align = Table::Align;
  std::string out =
      fmt::format("\n{} {} {}  (regime: {})\n\n", what, with_digits(e.value), e.unit, e.regime);
  Table table({{"term", Align::kLeft}, {"coefficient"}, {"term's value"}, {e.unit}});
  if (e.intercept != 0) table.add_row({"1 (intercept)", "", "", with_digits(e.intercept)});
  for (const Contribution& c : e.terms)
    table.add_row(
        {c.term, with_digits(c.coefficient), with_digits(c.value), with_digits(c.amount)});
  out += table.render(width);
  if (!e.log_terms.empty() || e.correction != 1) {
    out += fmt::format("\ntimes a correction of {}:\n\n", with_digits(e.correction));
    Table factors({{"term", Align::kLeft}, {"factor"}});
    if (e.log_intercept != 0)
      factors.add_row({"1 (intercept)", with_digits(std::exp(e.log_intercept))});
    for (const Contribution& c : e.log_terms)
      factors.add_row({c.term, with_digits(std::exp(c.amount))});
    out += factors.render(width);
  }
  if (!e.bound.empty()) out += "\nbounded by " + e.bound + "\n";
  return out;
}

std::string interval(double value, double low, double high, const char* unit) {
  return fmt::format("{} {} (90 %: {} to {})", with_digits(value), unit, with_digits(low),
                     with_digits(high));
}

}  // namespace

std::string render_explanation(const Explanation& e, const RenderOptions& options) {
  const LayerPrediction& p = e.prediction;
  if (options.format == OutputFormat::kJson) {
    Json json;
    json["layer"] = format_layer(p.config);
    json["key"] = e.key;
    const auto estimate = [](const auto& x, double scale) {
      return Json{{"value", x->value.value() * scale},
                  {"low", x->low.value() * scale},
                  {"high", x->high.value() * scale}};
    };
    if (p.runtime) json["runtime_ms"] = estimate(p.runtime, 1e3);
    if (p.power) json["power_w"] = estimate(p.power, 1);
    if (p.energy) json["energy_j"] = estimate(p.energy, 1);
    json["warnings"] = p.warnings;
    if (e.runtime) json["runtime"] = to_json(*e.runtime);
    if (e.power) json["power"] = to_json(*e.power);
    json["nearest"] = Json::array();
    for (const Neighbour& n : e.nearest)
      json["nearest"].push_back({{"layer", n.sample.text},
                                 {"distance_octaves", n.distance},
                                 {"runtime_ms", in_milliseconds(n.sample.runtime)}});
    return json_text(json);
  }
  std::string out = format_layer(p.config) + "\n";
  if (p.runtime)
    out += "runtime  " +
           interval(in_milliseconds(p.runtime->value), in_milliseconds(p.runtime->low),
                    in_milliseconds(p.runtime->high), "ms") +
           "\n";
  if (p.power)
    out += "power    " +
           interval(p.power->value.value(), p.power->low.value(), p.power->high.value(), "W") +
           "\n";
  if (p.energy)
    out += "energy   " +
           interval(p.energy->value.value(), p.energy->low.value(), p.energy->high.value(), "J") +
           "\n";
  if (!p.reason.empty()) out += printable(p.reason) + "\n";
  for (const std::string& warning : p.warnings) out += "! " + warning + "\n";
  if (e.runtime) out += render_formula("runtime", *e.runtime, options.width);
  if (e.power) out += render_formula("power", *e.power, options.width);
  if (!e.nearest.empty()) {
    using Align = Table::Align;
    Table table({{"measured layers most like it", Align::kLeft},
                 {"runtime ms"},
                 {"power W"},
                 {"octaves away"}});
    for (const Neighbour& n : e.nearest)
      table.add_row({n.sample.text, with_digits(in_milliseconds(n.sample.runtime)),
                     n.sample.power ? with_digits(n.sample.power->value()) : "\u2013",
                     fmt::format("{:.2f}", n.distance)});
    out += "\n" + table.render(options.width);
  }
  return out;
}

}  // namespace neuralpower
