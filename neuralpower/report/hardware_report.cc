// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/hardware_report.h"

#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {

std::string render_backends(std::span<const BackendRow> rows, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const BackendRow& row : rows)
      json.push_back({{"name", row.name},
                      {"what", row.what},
                      {"available", row.make != nullptr},
                      {"missing", row.make ? "" : row.missing}});
    return json_text(json);
  }
  using Align = Table::Align;
  Table table({{"name", Align::kLeft}, {"built in", Align::kLeft}, {"what", Align::kLeft}});
  for (const BackendRow& row : rows)
    table.add_row({std::string(row.name), row.make ? "yes" : "no: " + std::string(row.missing),
                   std::string(row.what)});
  return table.render(options.width);
}

std::string render_meters(const std::vector<MeterStatus>& meters, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const MeterStatus& meter : meters)
      json.push_back({{"name", meter.name},
                      {"what", meter.what},
                      {"available", meter.available},
                      {meter.available ? "description" : "missing", meter.detail}});
    return json_text(json);
  }
  using Align = Table::Align;
  Table table({{"name", Align::kLeft}, {"here", Align::kLeft}, {"what", Align::kLeft}});
  std::string missing;
  for (const MeterStatus& meter : meters) {
    table.add_row(
        {std::string(meter.name), meter.available ? "yes" : "no", std::string(meter.what)});
    missing += "  " + std::string(meter.name) + ": " + printable(meter.detail) + "\n";
  }
  return table.render(options.width) + "\n" + missing;
}

}  // namespace neuralpower
