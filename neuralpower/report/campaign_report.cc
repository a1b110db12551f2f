// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/campaign_report.h"

#include <fmt/format.h>

#include "neuralpower/base/text.h"

namespace neuralpower {

std::string render_campaign(const Conditions& conditions, const CampaignResult& r) {
  std::string out =
      fmt::format("{}, {}\n", printable(conditions.device), printable(conditions.software));
  out += fmt::format(
      "{} layers planned: {} measured, {} already there, {} cannot be run, {} not reached\n",
      r.planned, r.measured, r.found, r.skipped, r.remaining);
  if (r.elapsed > Seconds(0))
    out += fmt::format(
        "{:.1f} s, {:.0f} % of it in measured windows; {} of {} repetitions marked\n",
        r.elapsed.value(), 100 * (r.in_windows / r.elapsed), r.marked_repetitions, r.repetitions);
  for (const auto& [reason, count] : r.skip_reasons)
    out += fmt::format("  {} skipped: {}\n", count, printable(reason));
  if (!r.energy_absent.empty()) out += "energy is absent: " + printable(r.energy_absent) + "\n";
  return out;
}

}  // namespace neuralpower
