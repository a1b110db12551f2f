// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/campaign_report.h"

#include <fmt/format.h>

#include "neuralpower/base/text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {

std::string render_campaign(const Conditions& conditions, const CampaignResult& r) {
  std::string out =
      fmt::format("{}, {}\n", printable(conditions.device), printable(conditions.software));
  out += fmt::format(
      "{} layers planned: {} measured, {} already there, {} cannot be run, {} not reached\n",
      r.planned, r.measured, r.found, r.skipped, r.remaining);
  if (r.elapsed > Seconds(0))
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
  return out;
}

std::string render_network_campaign(const Conditions& conditions, const NetworkCampaignResult& r) {
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
    int skipped = 0;
    for (const auto& layer : network.layers) skipped += layer.skipped.empty() ? 0 : 1;
    table.add_row({printable(network.network), std::to_string(network.batch),
                   with_digits(in_milliseconds(network.runtime)),
                   with_digits(in_milliseconds(network.sum_of_layers())),
                   network.power ? with_digits(network.power->value()) : "",
                   network.energy ? with_digits(network.energy->value()) : "",
                   std::to_string(skipped)});
    if (!network.energy_absent.empty()) absent = network.energy_absent;
  }
  out += table.render();
  out +=
      fmt::format("{} networks planned: {} measured, {} already there, {} not reached; {:.1f} s\n",
                  r.planned, r.measured, r.found, r.remaining, r.elapsed.value());
  if (!absent.empty()) out += "energy is absent: " + printable(absent) + "\n";
  return out;
}

}  // namespace neuralpower
