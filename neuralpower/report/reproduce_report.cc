// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/reproduce_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/rank_report.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;
using Column = std::optional<double> NetworkComparison::*;
constexpr const char* kAbsent = "\u2013";

struct NamedColumn {
  const char* name;
  Column column;
};
constexpr NamedColumn kColumns[] = {{"predicted", &NetworkComparison::predicted},
                                    {"paleo", &NetworkComparison::paleo},
                                    {"measured_layers", &NetworkComparison::measured_layers},
                                    {"measured", &NetworkComparison::measured}};

const char* unit_of(const std::string& target) {
  return target == "runtime" ? "ms" : target == "power" ? "W" : "J";
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string cell(const std::optional<double>& value) {
  return value ? with_digits(*value, 5) : kAbsent;
}

std::string per_cent(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f} %", *value) : kAbsent;
}

std::string title(const char* what, int table) {
  return table > 0 ? fmt::format("\n{} (the paper's table {})\n\n", what, table)
                   : fmt::format("\n{}\n\n", what);
}

Json to_json(const Reproduction& r) {
  Json json = {{"device", r.device},
               {"method", r.method},
               {"layers", Json::array()},
               {"networks", Json::object()}};
  for (const LayerErrors& row : r.layers)
    json["layers"].push_back({{"table", row.table > 0 ? Json(row.table) : Json(nullptr)},
                              {"device", row.device},
                              {"software", row.software},
                              {"target", row.target},
                              {"kind", row.kind},
                              {"rmspe", optional_json(row.rmspe)},
                              {"terms", row.terms},
                              {"paleo_rmspe", optional_json(row.paleo_rmspe)}});
  for (const NetworkTable& table : r.networks) {
    Json& target = json["networks"][table.target];
    target["unit"] = unit_of(table.target);
    for (const NamedColumn& c : kColumns)
      if (c.column != &NetworkComparison::measured)
        target["rmspe"][c.name] = optional_json(table.rmspe(c.column));
    target["rows"] = Json::array();
    for (const NetworkComparison& row : table.rows) {
      Json values = {{"network", row.network}, {"batch", optional_json(row.batch)}};
      for (const NamedColumn& c : kColumns) values[c.name] = optional_json(row.*(c.column));
      target["rows"].push_back(std::move(values));
    }
  }
  if (r.ratio) json["ratio"] = Json::parse(render_ranking(*r.ratio, {OutputFormat::kJson, 0}));
  if (!r.signed_errors.empty()) {
    json["signed_errors"] = Json::array();
    for (const SignedErrors& row : r.signed_errors)
      json["signed_errors"].push_back({{"table", row.table},
                                       {"software", row.software},
                                       {"network", row.network},
                                       {"runtime", row.runtime},
                                       {"power", row.power},
                                       {"energy", row.energy},
                                       {"implied_energy", row.implied_energy()}});
  }
  json["notes"] = r.notes;
  return json;
}

std::string layers_text(const Reproduction& r, int width) {
  Table table({{"device", Align::kLeft},
               {"target", Align::kLeft},
               {"layers", Align::kLeft},
               {"terms"},
               {"RMSPE %"},
               {"Paleo's RMSPE %"}});
  for (const LayerErrors& row : r.layers)
    table.add_row({printable(row.software.empty() ? row.device : row.device + ", " + row.software),
                   row.target, row.kind, std::to_string(row.terms),
                   row.rmspe ? fmt::format("{:.2f}", *row.rmspe) : kAbsent,
                   row.paleo_rmspe ? fmt::format("{:.2f}", *row.paleo_rmspe) : kAbsent});
  return "\nErrors on single layers, held out\n\n" + table.render(width);
}

std::string networks_text(const NetworkTable& t, int width) {
  const bool paleo = t.target == "runtime";
  std::vector<Table::Column> columns = {{"network", Align::kLeft}, {"batch"}, {"predicted"}};
  if (paleo) columns.push_back({"Paleo"});
  columns.insert(columns.end(), {{"sum of measured layers"}, {"measured"}, {"error"}});
  Table table(std::move(columns));
  for (const NetworkComparison& row : t.rows) {
    std::vector<std::string> cells = {printable(row.network),
                                      row.batch ? fmt::format("{}", *row.batch) : kAbsent,
                                      cell(row.predicted)};
    if (paleo) cells.push_back(cell(row.paleo));
    cells.insert(cells.end(),
                 {cell(row.measured_layers), cell(row.measured),
                  row.predicted && row.measured
                      ? fmt::format("{:+.2f} %", 100 * (*row.predicted / *row.measured - 1))
                      : kAbsent});
    table.add_row(std::move(cells));
  }
  table.add_rule();
  std::vector<std::string> cells = {"RMSPE", "", per_cent(t.rmspe(&NetworkComparison::predicted))};
  if (paleo) cells.push_back(per_cent(t.rmspe(&NetworkComparison::paleo)));
  cells.insert(cells.end(), {per_cent(t.rmspe(&NetworkComparison::measured_layers)), "", ""});
  table.add_row(std::move(cells));
  return title(fmt::format("Whole networks, {} in {}", t.target, unit_of(t.target)).c_str(),
               t.table) +
         table.render(width);
}

std::string signed_errors_text(const Reproduction& r, int width) {
  Table table({{"software", Align::kLeft},
               {"network", Align::kLeft},
               {"runtime %"},
               {"power %"},
               {"energy %"},
               {"energy from the two %"}});
  for (const SignedErrors& row : r.signed_errors)
    table.add_row({row.software, row.network, fmt::format("{:+.2f}", row.runtime),
                   fmt::format("{:+.2f}", row.power), fmt::format("{:+.2f}", row.energy),
                   fmt::format("{:+.2f}", row.implied_energy())});
  return "\nErrors of whole networks on the GTX 1070\n\n" + table.render(width);
}

std::string to_text(const Reproduction& r, int width) {
  std::string out = fmt::format("{} ({})\n", printable(r.device), printable(r.method));
  if (!r.layers.empty()) out += layers_text(r, width);
  for (const NetworkTable& table : r.networks) out += networks_text(table, width);
  if (r.ratio) out += "\n" + render_ranking(*r.ratio, {OutputFormat::kTable, width});
  if (!r.signed_errors.empty()) out += signed_errors_text(r, width);
  if (!r.notes.empty()) out += "\nTo note\n";
  for (const std::string& note : r.notes) out += "  " + printable(note) + "\n";
  return out;
}

}  // namespace

std::string render_reproductions(const std::vector<Reproduction>& reproductions,
                                 const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) {
    Json json;
    json["reproductions"] = Json::array();
    for (const Reproduction& r : reproductions) json["reproductions"].push_back(to_json(r));
    return json_text(json);
  }
  std::string out;
  for (const Reproduction& r : reproductions)
    out += (out.empty() ? "" : "\n\n") + to_text(r, options.width);
  return out;
}

}  // namespace neuralpower
