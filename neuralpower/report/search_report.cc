// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/search_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

Json an_item(double energy_j, const ArchitectureCost& cost) {
  return cost.energy_j > 0 ? Json(energy_j / static_cast<double>(cost.batch)) : Json(nullptr);
}

Json to_json(const Space& space, const FoundArchitecture& f) {
  return {{"index", f.index},
          {"architecture", describe(space, f.architecture)},
          {"latency_ms", f.cost.latency_s * 1e3},
          {"latency_low_ms", f.cost.latency_low_s * 1e3},
          {"latency_high_ms", f.cost.latency_high_s * 1e3},
          {"power_w", f.cost.energy_j > 0 ? Json(f.cost.power_w()) : Json(nullptr)},
          {"epi_j", f.cost.energy_j > 0 ? Json(f.cost.energy_per_item()) : Json(nullptr)},
          {"epi_low_j", an_item(f.cost.energy_low_j, f.cost)},
          {"epi_high_j", an_item(f.cost.energy_high_j, f.cost)},
          {"batch", f.cost.batch},
          {"macs", f.cost.macs},
          {"params", f.cost.params},
          {"error", f.error ? Json(*f.error) : Json(nullptr)},
          {"tie", f.tie}};
}

Json all_to_json(const Space& space, const std::vector<FoundArchitecture>& found) {
  Json json = Json::array();
  for (const FoundArchitecture& f : found) json.push_back(to_json(space, f));
  return json;
}

Json counts_json(const SearchResult& r) {
  return {{"begin", r.begin},
          {"next", r.next},
          {"end", r.end},
          {"evaluated", r.evaluated},
          {"forbidden", r.forbidden},
          {"invalid", r.invalid},
          {"limited", r.limited},
          {"without_error", r.without_error},
          {"first_invalid", r.first_invalid}};
}

// "1.05-1.44", the bounds of what `objective` stands for.
std::string bounds_of(const FoundArchitecture& f, Objective objective) {
  constexpr int kDigits = 3;
  const ArchitectureCost& cost = f.cost;
  const double scale = 1e3 / static_cast<double>(cost.batch);
  if (objective == Objective::kLatency)
    return with_digits(1e3 * cost.latency_low_s, kDigits) + "\u2013" +
           with_digits(1e3 * cost.latency_high_s, kDigits);
  return with_digits(scale * cost.energy_low_j, kDigits) + "\u2013" +
         with_digits(scale * cost.energy_high_j, kDigits);
}

std::string found_table(const Space& space, const std::vector<FoundArchitecture>& found,
                        std::string_view tied_with, int width) {
  const bool errors = std::any_of(found.begin(), found.end(),
                                  [](const FoundArchitecture& f) { return f.error.has_value(); });
  const bool energy = std::any_of(found.begin(), found.end(),
                                  [](const FoundArchitecture& f) { return f.cost.energy_j > 0; });
  const Objective bounded = energy ? Objective::kEnergy : Objective::kLatency;
  std::vector<Table::Column> columns = {{"", Align::kLeft}};
  if (energy) columns.insert(columns.end(), {{"mJ an item"}, {"90 %"}});
  columns.push_back({"latency ms"});
  constexpr int kNarrow = 100;
  const bool narrow = width > 0 && width < kNarrow;  // then the architecture is worth more
  if (!energy) columns.push_back({"90 %"});
  if (energy && !narrow) columns.push_back({"power W"});
  columns.push_back({"macs"});
  if (!narrow) columns.push_back({"weights"});
  if (errors) columns.push_back({"error %"});
  columns.push_back({"architecture", Align::kLeft});
  Table table(std::move(columns));
  bool any_tie = false;
  for (const FoundArchitecture& f : found) {
    any_tie = any_tie || f.tie;
    std::vector<std::string> cells = {f.tie ? "~" : ""};
    const std::string bounds = bounds_of(f, bounded), ms = with_digits(1e3 * f.cost.latency_s);
    if (energy) cells.insert(cells.end(), {with_digits(1e3 * f.cost.energy_per_item()), bounds});
    cells.push_back(ms);
    if (!energy) cells.push_back(bounds);
    if (energy && !narrow) cells.push_back(with_digits(f.cost.power_w()));
    cells.push_back(with_si_prefix(f.cost.macs));
    if (!narrow) cells.push_back(with_si_prefix(f.cost.params));
    if (errors) cells.push_back(f.error ? with_digits(100 * *f.error) : "");
    cells.push_back(printable(describe(space, f.architecture)));
    table.add_row(std::move(cells));
  }
  return table.render(width) +
         (any_tie ? fmt::format("~ cannot be told from the {}: the interval of the difference, in "
                                "which equal layers cancel, holds 0\n",
                                tied_with)
                  : "");
}

std::string names_of(const std::vector<Objective>& objectives) {
  std::string text;
  for (const Objective o : objectives)
    text += (text.empty() ? "" : ", ") + std::string(to_string(o));
  return text;
}

std::string search_csv(const Space& space, const SearchResult& r) {
  std::string out =
      "kept,index,epi_j,latency_ms,power_w,batch,macs,params,error,architecture,"
      "epi_low_j,epi_high_j,latency_low_ms,latency_high_ms,tie\n";
  const auto add = [&](const char* kept, const std::vector<FoundArchitecture>& found) {
    for (const FoundArchitecture& f : found) {
      const auto batch = static_cast<double>(f.cost.batch);
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},", kept, f.index, f.cost.energy_per_item(),
                         1e3 * f.cost.latency_s, f.cost.power_w(), f.cost.batch, f.cost.macs,
                         f.cost.params, f.error ? format_double(*f.error) : "",
                         csv_field(describe(space, f.architecture)));
      out +=
          fmt::format("{},{},{},{},{}\n", f.cost.energy_low_j / batch, f.cost.energy_high_j / batch,
                      1e3 * f.cost.latency_low_s, 1e3 * f.cost.latency_high_s, f.tie ? 1 : 0);
    }
  };
  add("front", r.front);
  add("best", r.best);
  return out;
}

}  // namespace

std::string render_search(const Space& space, const SearchResult& r, const SearchOptions& search,
                          const RenderOptions& options) {
  if (options.format == OutputFormat::kCsv) return search_csv(space, r);
  if (options.format == OutputFormat::kJson) {
    Json json = {{"space", space.name}, {"counts", counts_json(r)}};
    for (const Objective o : search.objectives) json["objectives"].push_back(to_string(o));
    json["front"] = all_to_json(space, r.front);
    json["best_by"] = to_string(search.by);
    json["best"] = all_to_json(space, r.best);
    json["uncovered"] = r.uncovered;
    return json_text(json);
  }
  std::string out = fmt::format("{}: {} architectures", printable(space.name), r.evaluated);
  if (r.next < r.end)
    out += fmt::format(", {:.1f} % of the way", 100.0 * static_cast<double>(r.next - r.begin) /
                                                    static_cast<double>(r.end - r.begin));
  out += "\n";
  if (r.limited > 0) out += fmt::format("{} break a limit\n", r.limited);
  if (r.forbidden > 0) out += fmt::format("{} break a requirement of the space\n", r.forbidden);
  if (r.without_error > 0) out += fmt::format("{} have no known error\n", r.without_error);
  if (r.invalid > 0)
    out +=
        fmt::format("{} cannot be built; the first: {}\n", r.invalid, printable(r.first_invalid));
  for (const auto& [key, reason] : r.uncovered)
    out += fmt::format("! {} layers cost nothing here: {}\n", printable(key), printable(reason));
  if (r.front.empty()) return out + "\nNothing keeps the limits.\n";
  out += fmt::format("\nPareto front of {}\n\n", names_of(search.objectives)) +
         found_table(space, r.front, "nearest row above without ~", options.width);
  out += fmt::format("\nbest by {}\n\n", to_string(search.by)) +
         found_table(space, r.best, "first row", options.width);
  return out;
}

}  // namespace neuralpower
