// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/rank_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "neuralpower/base/text.h"
#include "neuralpower/report/ranking_json.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

const std::string& name_of(const Ranking& ranking, int index) {
  return ranking.networks[static_cast<std::size_t>(index)].candidate.name;
}

std::string render_csv(const Ranking& ranking) {
  std::string out = "name,error,epi_j,epi_low_j,epi_high_j,latency_ms,power_w";
  for (const double alpha : ranking.alphas) out += ",m_" + format_double(alpha);
  out += ",on_energy_front,on_latency_front,on_power_front,excluded\n";
  for (const RankedNetwork& n : ranking.networks) {
    const Candidate& c = n.candidate;
    out += fmt::format("{},{},{},{},{},{},{}", csv_field(printable(c.name)), c.error.value,
                       c.energy_per_item.value.value(), c.energy_per_item.low.value(),
                       c.energy_per_item.high.value(),
                       c.latency ? format_double(in_milliseconds(c.latency->value)) : "",
                       c.power ? format_double(c.power->value.value()) : "");
    for (const RatioBounds& m : n.m) out += "," + format_double(m.value);
    out += fmt::format(",{:d},{:d},{:d},{}\n", n.on_energy_front, n.on_latency_front,
                       n.on_power_front, csv_field(n.excluded));
  }
  return out;
}

// "*" for a clear winner, "~" for everything tied at the top.
std::string mark(const Winner& winner, int index) {
  if (winner.network == index) return winner.tied_with.empty() ? " *" : " ~";
  const auto& tied = winner.tied_with;
  return std::find(tied.begin(), tied.end(), index) != tied.end() ? " ~" : "  ";
}

std::string fronts(const RankedNetwork& n) {
  std::string text;
  for (const auto& [on, name] :
       {std::pair{n.on_energy_front, "energy"}, std::pair{n.on_latency_front, "latency"},
        std::pair{n.on_power_front, "power"}})
    if (on) text += (text.empty() ? "" : " ") + std::string(name);
  return text;
}

std::string winner_line(const Ranking& ranking, const Winner& winner) {
  if (winner.network < 0) return "no network keeps the limits";
  std::string text = printable(name_of(ranking, winner.network));
  constexpr std::size_t kShown = 4;
  for (std::size_t k = 0; k < winner.tied_with.size() && k < kShown; ++k)
    text += (k == 0 ? ", a tie with " : ", ") + printable(name_of(ranking, winner.tied_with[k]));
  if (winner.tied_with.size() > kShown)
    text += fmt::format(" and {} more", winner.tied_with.size() - kShown);
  return text;
}

std::string render_table(const Ranking& ranking, int width) {
  using Align = Table::Align;
  const bool times =
      std::any_of(ranking.networks.begin(), ranking.networks.end(),
                  [](const RankedNetwork& n) { return n.candidate.latency.has_value(); });
  const bool powers =
      std::any_of(ranking.networks.begin(), ranking.networks.end(),
                  [](const RankedNetwork& n) { return n.candidate.power.has_value(); });
  std::vector<Table::Column> columns = {{"network", Align::kLeft}, {"error %"}, {"mJ an item"}};
  if (times) columns.push_back({"latency ms"});
  if (powers) columns.push_back({"power W"});
  for (const double alpha : ranking.alphas)
    columns.push_back({fmt::format("M, alpha {}  ", alpha)});
  columns.push_back({"on the front of error and", Align::kLeft});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < ranking.networks.size(); ++i) {
    const RankedNetwork& n = ranking.networks[i];
    const Candidate& c = n.candidate;
    std::vector<std::string> cells = {printable(c.name), with_digits(100 * c.error.value),
                                      with_digits(1e3 * c.energy_per_item.value.value())};
    if (times)
      cells.push_back(c.latency ? with_digits(in_milliseconds(c.latency->value)) : "\u2013");
    if (powers) cells.push_back(c.power ? with_digits(c.power->value.value()) : "\u2013");
    for (std::size_t a = 0; a < n.m.size(); ++a)
      cells.push_back(with_digits(1e3 * n.m[a].value) +
                      mark(ranking.winners[a], static_cast<int>(i)));
    cells.push_back(n.excluded.empty() ? fronts(n) : "excluded: " + n.excluded);
    table.add_row(std::move(cells));
  }
  std::string out =
      "Energy-Precision Ratio M = error^alpha x energy per item, in mJ; less is better";
  out += "\n\n" + table.render(width) + "\n";
  for (const Winner& winner : ranking.winners)
    out += fmt::format("alpha {}: {}\n", winner.alpha, winner_line(ranking, winner));
  if (!ranking.winner_flips.empty()) {
    out += "\nthe best network changes at\n";
    for (const Flip& flip : ranking.winner_flips)
      out += fmt::format("  alpha {}: {} below, {} above\n", with_digits(flip.alpha),
                         printable(name_of(ranking, flip.cheaper)),
                         printable(name_of(ranking, flip.preciser)));
  }
  for (const RankedNetwork& n : ranking.networks)
    if (!n.candidate.caveat.empty())
      out += fmt::format("\n! {}: {}; its energy is too low by the rest\n",
                         printable(n.candidate.name), n.candidate.caveat);
  return out;
}

}  // namespace

std::string render_ranking(const Ranking& ranking, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) {
    std::ostringstream text;
    JsonWriter json(text);
    write_ranking(json, ranking);
    return text.str();
  }
  if (options.format == OutputFormat::kCsv) return render_csv(ranking);
  return render_table(ranking, options.width);
}

}  // namespace neuralpower
