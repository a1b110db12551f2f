// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/evaluation_report.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/model/held_out.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 3> kTargets = {"runtime", "power", "energy"};
constexpr std::array<const char*, 3> kUnits = {"ms", "W", "J"};

Json to_json(const ErrorRow& row) {
  Json json = {{"rmspe", row.metrics.rmspe},
               {"rmse", row.metrics.rmse},
               {"mape", row.metrics.mape},
               {"within10", row.metrics.within10},
               {"r2", row.metrics.r2},
               {"terms", row.terms},
               {"samples", row.metrics.rows},
               {"coverage90", row.coverage < 0 ? Json(nullptr) : Json(row.coverage)}};
  if (row.repetitions) json["repetitions_rmspe"] = *row.repetitions;
  return json;
}

std::string render_json(const Evaluation& e) {
  Json json;
  json["method"] = e.method;
  json["split"] = e.split;
  json["configurations"] = e.configurations;
  json["left_out"] = e.left_out;
  json["targets"] = Json::object();
  json["networks"] = Json::object();
  for (const char* target : kTargets) {
    if (const auto found = e.targets.find(target); found != e.targets.end())
      for (const auto& [key, row] : found->second) json["targets"][target][key] = to_json(row);
    if (const auto found = e.networks.find(target); found != e.networks.end()) {
      json["networks"][target] = to_json(found->second);
      json["networks"][target].erase("terms");
    }
  }
  if (!e.network_rows.empty()) {
    for (const char* target : kTargets) {
      const auto found = e.network_rows.find(target);
      if (found == e.network_rows.end()) continue;
      for (const NetworkRow& row : found->second)
        json["network_rows"][target].push_back({{"network", row.network},
                                                {"batch", row.batch},
                                                {"predicted", row.predicted},
                                                {"measured_layers", row.measured_layers},
                                                {"measured", row.measured}});
    }
  }
  json["notes"] = e.notes;
  return json_text(json);
}

void add_metrics(std::vector<std::string>& cells, const ErrorRow& row, bool with_repetitions) {
  const ErrorMetrics& m = row.metrics;
  cells.insert(cells.end(), {fmt::format("{:.2f}", m.rmspe), with_digits(m.rmse),
                             fmt::format("{:.2f}", m.mape), fmt::format("{:.1f}", m.within10),
                             row.coverage < 0 ? "" : fmt::format("{:.1f}", row.coverage)});
  if (with_repetitions)
    cells.push_back(row.repetitions ? fmt::format("{:.2f}", *row.repetitions) : "");
  cells.insert(cells.end(),
               {row.terms > 0 ? fmt::format("{:.0f}", row.terms) : "", std::to_string(m.rows)});
}

// The column of repetitions stands beside errors only where layers were measured more than once.
std::vector<Table::Column> metric_columns(std::vector<Table::Column> columns,
                                          bool with_repetitions) {
  for (const char* title : {"RMSPE %", "RMSE", "MAPE %", "within 10 %", "in 90 % interval"})
    columns.push_back({title});
  if (with_repetitions) columns.push_back({"repetitions %"});
  for (const char* title : {"terms", "rows"}) columns.push_back({title});
  return columns;
}

bool any_repetitions(const Evaluation& e) {
  for (const auto& [target, by_key] : e.targets)
    for (const auto& [key, row] : by_key)
      if (row.repetitions) return true;
  return false;
}

std::string render_table(const Evaluation& e, int width) {
  using Align = Table::Align;
  std::string out =
      fmt::format("{}: {} configurations, held out ({})\n\n", e.method, e.configurations, e.split);
  const bool repeated = any_repetitions(e);
  Table table(metric_columns({{"target", Align::kLeft}, {"layers", Align::kLeft}}, repeated));
  for (std::size_t t = 0; t < kTargets.size(); ++t) {
    const auto found = e.targets.find(kTargets[t]);
    if (found == e.targets.end()) continue;
    for (const auto& [key, row] : found->second) {
      std::vector<std::string> cells = {fmt::format("{} ({})", kTargets[t], kUnits[t]), key};
      add_metrics(cells, row, repeated);
      table.add_row(cells);
    }
  }
  const char* gap = "";  // between tables
  if (!e.targets.empty()) {
    out += table.render(width);
    gap = "\n";
  }
  if (!e.network_rows.empty()) {
    Table rows({{"network", Align::kLeft},
                {"batch"},
                {"target", Align::kLeft},
                {"predicted"},
                {"sum of layers"},
                {"whole"},
                {"error %"}});
    for (std::size_t t = 0; t < kTargets.size(); ++t) {
      const auto found = e.network_rows.find(kTargets[t]);
      if (found == e.network_rows.end()) continue;
      for (const NetworkRow& row : found->second) {
        const double truth = row.measured > 0 ? row.measured : row.measured_layers;
        rows.add_row({printable(row.network), std::to_string(row.batch),
                      fmt::format("{} {}", kTargets[t], kUnits[t]), with_digits(row.predicted),
                      row.measured_layers > 0 ? with_digits(row.measured_layers) : "\u2013",
                      row.measured > 0 ? with_digits(row.measured) : "\u2013",
                      fmt::format("{:+.1f}", 100 * (row.predicted / truth - 1))});
      }
    }
    out += gap + rows.render(width);
    gap = "\n";
  }
  if (!e.networks.empty()) {
    Table networks(metric_columns({{"whole networks", Align::kLeft}}, false));
    for (std::size_t t = 0; t < kTargets.size(); ++t) {
      const auto found = e.networks.find(kTargets[t]);
      if (found == e.networks.end()) continue;
      std::vector<std::string> cells = {fmt::format("{} ({})", kTargets[t], kUnits[t])};
      add_metrics(cells, found->second, false);
      networks.add_row(cells);
    }
    out += gap + networks.render(width);
  }
  if (repeated)
    out +=
        "note: repetitions %: the RMSPE of predicting each repetition of a layer by their median, "
        "the noise of the measurements\n";
  for (const std::string& note : e.notes) out += "note: " + printable(note) + "\n";
  return out;
}

}  // namespace

std::string render_evaluation(const Evaluation& evaluation, const RenderOptions& options) {
  switch (options.format) {
    case OutputFormat::kJson:
      return render_json(evaluation);
    case OutputFormat::kTable:
      return render_table(evaluation, options.width);
    default:
      throw usage_error("errors are printed as table or json");
  }
}

std::string held_out_csv(const Evaluation& evaluation) {
  std::string out = "layer,key,fold";
  for (const char* name : {"runtime_ms", "power_w", "energy_j"})
    out += fmt::format(",{0},{0}_predicted,{0}_low,{0}_high", name);
  out += '\n';
  for (const HeldOutRow& row : evaluation.held_out) {
    out += fmt::format("{},{},{}", csv_field(row.layer), row.key, row.fold + 1);
    for (const auto& pair : {row.runtime, row.power, row.energy})
      out += pair ? fmt::format(",{},{},{},{}", format_double(pair->measured),
                                format_double(pair->predicted), format_double(pair->low),
                                format_double(pair->high))
                  : ",,,,";
    out += '\n';
  }
  return out;
}

std::string render_training(const DeviceModel& model, const RenderOptions& options) {
  using Align = Table::Align;
  Table table({{"layers", Align::kLeft},
               {"target", Align::kLeft},
               {"rows"},
               {"terms"},
               {"RMSPE %"},
               {"MAPE %"},
               {"within 10 %"},
               {"note", Align::kLeft}});
  for (const auto& [key, models] : model.layers)
    for (const auto* m :
         {models.runtime ? &*models.runtime : nullptr, models.power ? &*models.power : nullptr}) {
      if (!m) continue;
      const FitReport& fit = m->report;
      const auto error = [&](double value, int decimals) {
        return has_held_out_errors(fit) ? fmt::format("{:.{}f}", value, decimals)
                                        : std::string("\u2013");
      };
      table.add_row({key, std::string(to_string(m->target)), std::to_string(fit.rows),
                     std::to_string(fit.terms), error(fit.rmspe, 2), error(fit.mape, 2),
                     error(fit.within10, 1), fit.note});
    }
  std::string out = fmt::format(
      "{}: method {}, {} configurations, errors held out by cross-validation, "
      "seed {}\n\n",
      printable(model.device), model.method, model.configurations, model.seed);
  out += table.render(options.width);
  if (!model.no_power.empty()) out += "\nno power or energy: " + model.no_power + "\n";
  return out;
}

}  // namespace neuralpower
