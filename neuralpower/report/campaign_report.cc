// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/campaign_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

// What campaigns of layers and of networks both tell.
template <typename Result>
Json common_json(const Conditions& conditions, const Result& r, const std::string& store) {
  return {{"device", conditions.device},
          {"software", conditions.software},
          {"planned", r.planned},
          {"measured", r.measured},
          {"found", r.found},
          {"remaining", r.remaining},
          {"elapsed_s", r.elapsed.value()},
          {"store", store}};
}

Json campaign_json(const Conditions& conditions, const CampaignResult& r,
                   const std::string& store) {
  Json json = common_json(conditions, r, store);
  json["skipped"] = r.skipped;
  for (const auto& [reason, count] : r.skip_reasons) json["skip_reasons"][reason] = count;
  json["repetitions"] = r.repetitions;
  json["marked_repetitions"] = r.marked_repetitions;
  json["in_windows_s"] = r.in_windows.value();
  json["preparing_s"] = r.preparing.value();
  json["warming_up_s"] = r.warming_up.value();
  json["imprecise"] = r.imprecise;
  if (r.imprecise > 0) {
    json["worst_layer"] = r.worst_layer;
    json["worst_ci95_percent"] = 100 * r.worst_precision;
  }
  const auto pace = [](const CampaignResult::PaceRange& range) {
    return Json{{"median", range.median}, {"lowest", range.lowest}};
  };
  if (r.arithmetic_pace) json["arithmetic_pace"] = pace(*r.arithmetic_pace);
  if (r.memory_pace) json["memory_pace"] = pace(*r.memory_pace);
  if (!r.energy_absent.empty()) json["energy_absent"] = r.energy_absent;
  return json;
}

int skipped_layers(const NetworkMeasurement& network) {
  int skipped = 0;
  for (const auto& layer : network.layers) skipped += layer.skipped.empty() ? 0 : 1;
  return skipped;
}

Json network_campaign_json(const Conditions& conditions, const NetworkCampaignResult& r,
                           const std::string& store) {
  Json json = common_json(conditions, r, store);
  json["networks"] = Json::array();
  for (const NetworkMeasurement& network : r.networks) {
    Json one = {{"network", network.network},
                {"batch", network.batch},
                {"runtime_ms", in_milliseconds(network.runtime)},
                {"layers_in_place_ms", in_milliseconds(network.sum_of_layers())},
                {"layers_left_out", skipped_layers(network)}};
    if (network.power) one["power_w"] = network.power->value();
    if (network.energy) one["energy_j"] = network.energy->value();
    if (!network.energy_absent.empty()) one["energy_absent"] = network.energy_absent;
    json["networks"].push_back(std::move(one));
  }
  return json;
}

}  // namespace

std::string render_campaign(const Conditions& conditions, const CampaignResult& r,
                            const std::string& store, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return json_text(campaign_json(conditions, r, store));
  std::string out =
      fmt::format("{}, {}\n", printable(conditions.device), printable(conditions.software));
  out += fmt::format(
      "{} layers planned: {} measured, {} already there, {} cannot be run, {} not reached\n",
      r.planned, r.measured, r.found, r.skipped, r.remaining);
  if (r.repetitions > 0 && r.elapsed > Seconds(0))
    out += fmt::format(
        "{:.1f} s: {:.0f} % in measured windows, {:.0f} % preparing, {:.0f} % warming up, the rest "
        "between windows; {} of {} repetitions marked\n",
        r.elapsed.value(), 100 * (r.in_windows / r.elapsed), 100 * (r.preparing / r.elapsed),
        100 * (r.warming_up / r.elapsed), r.marked_repetitions, r.repetitions);
  if (r.imprecise > 0)
    out += fmt::format(
        "{} layers stay less certain than asked, {} the least (95 % interval +-{:.0f} %)\n",
        r.imprecise, printable(r.worst_layer), 100 * r.worst_precision);
  if (r.arithmetic_pace && r.memory_pace)
    out += fmt::format(
        "the machine itself, of its best in this campaign: arithmetic {:.0f} % (lowest {:.0f} %), "
        "memory {:.0f} % (lowest {:.0f} %)\n",
        100 * r.arithmetic_pace->median, 100 * r.arithmetic_pace->lowest,
        100 * r.memory_pace->median, 100 * r.memory_pace->lowest);
  for (const auto& [reason, count] : r.skip_reasons)
    out += fmt::format("  {} skipped: {}\n", count, printable(reason));
  if (!r.energy_absent.empty()) out += "energy is absent: " + printable(r.energy_absent) + "\n";
  return out + "stored in " + printable(store) + "\n";
}

std::string render_network_campaign(const Conditions& conditions, const NetworkCampaignResult& r,
                                    const std::string& store, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson)
    return json_text(network_campaign_json(conditions, r, store));
  std::string out =
      fmt::format("{}, {}\n", printable(conditions.device), printable(conditions.software));
  using Align = Table::Align;
  Table table({{"network", Align::kLeft},
               {"batch"},
               {"ms"},
               {"layers in place ms"},
               {"W"},
               {"J"},
               {"left out"}});
  std::string absent;
  for (const NetworkMeasurement& network : r.networks) {
    table.add_row({printable(network.network), std::to_string(network.batch),
                   with_digits(in_milliseconds(network.runtime)),
                   with_digits(in_milliseconds(network.sum_of_layers())),
                   network.power ? with_digits(network.power->value()) : "",
                   network.energy ? with_digits(network.energy->value()) : "",
                   std::to_string(skipped_layers(network))});
    if (!network.energy_absent.empty()) absent = network.energy_absent;
  }
  out += table.render();
  out +=
      fmt::format("{} networks planned: {} measured, {} already there, {} not reached; {:.1f} s\n",
                  r.planned, r.measured, r.found, r.remaining, r.elapsed.value());
  if (!absent.empty()) out += "energy is absent: " + printable(absent) + "\n";
  return out + "stored in " + printable(store) + "\n";
}

}  // namespace neuralpower
