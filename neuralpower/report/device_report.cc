// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/device_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

std::string keys_of(const DeviceModel& model) {
  std::string keys;
  for (const auto& [key, models] : model.layers) keys += (keys.empty() ? "" : " ") + key;
  return keys;
}

std::string render_json(const std::vector<NamedDeviceModel>& models,
                        const std::vector<NamedPaleoDevice>& specs) {
  nlohmann::ordered_json json;
  json["models"] = nlohmann::ordered_json::array();
  json["specs"] = nlohmann::ordered_json::array();
  for (const auto& [name, model] : models) {
    nlohmann::ordered_json row = {{"name", name},
                                  {"device", model.device},
                                  {"software", model.software},
                                  {"method", model.method},
                                  {"configurations", model.configurations},
                                  {"power", model.no_power.empty()},
                                  {"source", model.source}};
    for (const auto& [key, ignored] : model.layers) row["layers"].push_back(key);
    json["models"].push_back(std::move(row));
  }
  for (const auto& [name, spec] : specs)
    json["specs"].push_back({{"name", name},
                             {"device", spec.name},
                             {"clock_mhz", spec.clock_mhz},
                             {"peak_gflops", spec.peak_gflops},
                             {"bandwidth_gb_s", spec.bandwidth_gb_s}});
  return json_text(json);
}

}  // namespace

std::string render_devices(const std::vector<NamedDeviceModel>& models,
                           const std::vector<NamedPaleoDevice>& specs,
                           const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return render_json(models, specs);
  using Align = Table::Align;
  std::string out = "Device models (predict --device NAME)\n\n";
  Table table({{"name", Align::kLeft},
               {"device", Align::kLeft},
               {"configurations"},
               {"power", Align::kLeft},
               {"layers", Align::kLeft}});
  for (const auto& [name, model] : models)
    table.add_row({printable(name), printable(model.device), std::to_string(model.configurations),
                   model.no_power.empty() ? "yes" : "no", keys_of(model)});
  out += table.render(options.width);
  out += "\nData sheets (predict --method paleo --device NAME)\n\n";
  Table sheets({{"name", Align::kLeft},
                {"device", Align::kLeft},
                {"clock MHz"},
                {"peak GFLOP/s"},
                {"GB/s"}});
  for (const auto& [name, spec] : specs)
    sheets.add_row({printable(name), printable(spec.name), with_digits(spec.clock_mhz),
                    with_digits(spec.peak_gflops), with_digits(spec.bandwidth_gb_s)});
  return out + sheets.render(options.width);
}

}  // namespace neuralpower
