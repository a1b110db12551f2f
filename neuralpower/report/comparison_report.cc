// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

double error_percent(Seconds value, Seconds truth) {
  return truth > Seconds(0) ? 100 * (value / truth - 1) : 0;
}

std::string ms(Seconds time) { return with_digits(in_milliseconds(time)); }

std::string render_layers(const Comparison& c, int width) {
  using Align = Table::Align;
  Table table({{"layer", Align::kLeft},
               {"operation", Align::kLeft},
               {"predicted ms"},
               {"measured ms"},
               {"error %"},
               {"reorder ms"},
               {"implementation", Align::kLeft}});
  for (std::size_t i = 0; i < c.predicted.layers.size(); ++i) {
    const LayerPrediction& p = c.predicted.layers[i];
    const auto& m = c.measured.layers[i];
    if (m.implementation.empty() && m.skipped.empty()) continue;
    table.add_row(
        {printable(p.name), format_layer(p.config), p.runtime ? ms(p.runtime->value) : "\u2013",
         ms(m.runtime),
         p.runtime ? fmt::format("{:+.1f}", error_percent(p.runtime->value, m.runtime)) : "",
         m.reorders > Seconds(0) ? ms(m.reorders) : "",
         m.skipped.empty() ? m.implementation : "skipped: " + m.skipped});
  }
  return fmt::format("{}, batch {}\n\n", printable(c.predicted.network), c.predicted.batch) +
         table.render(width) + "\n";
}

std::string render_json(const std::vector<Comparison>& comparisons) {
  nlohmann::ordered_json json;
  json["networks"] = nlohmann::ordered_json::array();
  for (const Comparison& c : comparisons) {
    nlohmann::ordered_json row;
    row["network"] = c.predicted.network;
    row["batch"] = c.predicted.batch;
    row["predicted_ms"] = c.predicted.runtime
                              ? nlohmann::ordered_json(in_milliseconds(c.predicted.runtime->value))
                              : nlohmann::ordered_json(nullptr);
    row["sum_of_layers_ms"] = in_milliseconds(c.measured.sum_of_layers());
    row["measured_ms"] = in_milliseconds(c.measured.runtime);
    row["measured_low_ms"] = in_milliseconds(c.measured.low);
    row["measured_high_ms"] = in_milliseconds(c.measured.high);
    row["covered"] = c.predicted.coverage.covered;
    row["layers_trained_on"] = c.layers_trained_on;
    row["layers"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < c.predicted.layers.size(); ++i) {
      const LayerPrediction& p = c.predicted.layers[i];
      row["layers"].push_back(
          {{"name", p.name},
           {"layer", format_layer(p.config)},
           {"predicted_ms", p.runtime ? nlohmann::ordered_json(in_milliseconds(p.runtime->value))
                                      : nlohmann::ordered_json(nullptr)},
           {"measured_ms", in_milliseconds(c.measured.layers[i].runtime)},
           {"reorders_ms", in_milliseconds(c.measured.layers[i].reorders)},
           {"skipped", c.measured.layers[i].skipped}});
    }
    json["networks"].push_back(std::move(row));
  }
  return json_text(json);
}

}  // namespace

std::string render_comparison(const std::vector<Comparison>& comparisons, bool layers,
                              const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return render_json(comparisons);
  std::string out;
  if (layers)
    for (const Comparison& c : comparisons) out += render_layers(c, options.width);
  Table table({{"network", Table::Align::kLeft},
               {"batch"},
               {"predicted ms"},
               {"sum of layers ms"},
               {"whole ms"},
               {"predicted vs whole"},
               {"layers vs whole"},
               {"covered"},
               {"trained on"}});
  double squares = 0;
  std::string notes;
  for (const Comparison& c : comparisons) {
    const NetworkPrediction& p = c.predicted;
    const double error = p.runtime ? error_percent(p.runtime->value, c.measured.runtime) : 0;
    squares += error * error;
    table.add_row(
        {printable(p.network), std::to_string(p.batch), p.runtime ? ms(p.runtime->value) : "\u2013",
         ms(c.measured.sum_of_layers()), ms(c.measured.runtime),
         p.runtime ? fmt::format("{:+.1f} %", error) : "",
         fmt::format("{:+.1f} %", error_percent(c.measured.sum_of_layers(), c.measured.runtime)),
         fmt::format("{}/{}", p.coverage.covered, p.coverage.layers),
         fmt::format("{}/{}", c.layers_trained_on, p.coverage.layers)});
    for (const auto& layer : c.measured.layers)
      if (!layer.skipped.empty())
        notes += fmt::format("{}: a layer was not run: {}\n", printable(p.network), layer.skipped);
    for (const LayerPrediction& layer : p.layers)
      if (!layer.covered)
        notes += fmt::format("{}: {} is not covered: {}\n", printable(p.network),
                             printable(layer.name), printable(layer.reason));
  }
  out += table.render(options.width);
  if (!comparisons.empty()) {
    out += fmt::format("\nRMSPE of the networks' runtime: {:.2f} %\n",
                       std::sqrt(squares / static_cast<double>(comparisons.size())));
    const std::string& absent = comparisons.front().measured.energy_absent;
    if (!absent.empty()) out += "measured power and energy are absent: " + printable(absent) + "\n";
  }
  return out + notes;
}

}  // namespace neuralpower
