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

Json to_json(const Space& space, const FoundArchitecture& f) {
  return {{"index", f.index},
          {"architecture", describe(space, f.architecture)},
          {"latency_ms", f.cost.latency_s * 1e3},
          {"power_w", f.cost.energy_j > 0 ? Json(f.cost.power_w()) : Json(nullptr)},
          {"epi_j", f.cost.energy_j > 0 ? Json(f.cost.energy_per_item()) : Json(nullptr)},
          {"batch", f.cost.batch},
          {"macs", f.cost.macs},
          {"params", f.cost.params},
          {"error", f.error ? Json(*f.error) : Json(nullptr)}};
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

std::string found_table(const Space& space, const std::vector<FoundArchitecture>& found,
                        int width) {
  const bool errors = std::any_of(found.begin(), found.end(),
                                  [](const FoundArchitecture& f) { return f.error.has_value(); });
  std::vector<Table::Column> columns = {
      {"mJ an item"}, {"latency ms"}, {"power W"}, {"macs"}, {"weights"}};
  if (errors) columns.push_back({"error %"});
  columns.push_back({"architecture", Align::kLeft});
  Table table(std::move(columns));
  for (const FoundArchitecture& f : found) {
    std::vector<std::string> cells = {
        with_digits(1e3 * f.cost.energy_per_item()), with_digits(1e3 * f.cost.latency_s),
        with_digits(f.cost.power_w()), with_si_prefix(f.cost.macs), with_si_prefix(f.cost.params)};
    if (errors) cells.push_back(f.error ? with_digits(100 * *f.error) : "");
    cells.push_back(printable(describe(space, f.architecture)));
    table.add_row(std::move(cells));
  }
  return table.render(width);
}

std::string names_of(const std::vector<Objective>& objectives) {
  std::string text;
  for (const Objective o : objectives)
    text += (text.empty() ? "" : ", ") + std::string(to_string(o));
  return text;
}

std::string search_csv(const Space& space, const SearchResult& r) {
  std::string out = "kept,index,epi_j,latency_ms,power_w,batch,macs,params,error,architecture\n";
  const auto add = [&](const char* kept, const std::vector<FoundArchitecture>& found) {
    for (const FoundArchitecture& f : found)
      out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", kept, f.index, f.cost.energy_per_item(),
                         1e3 * f.cost.latency_s, f.cost.power_w(), f.cost.batch, f.cost.macs,
                         f.cost.params, f.error ? format_double(*f.error) : "",
                         csv_field(describe(space, f.architecture)));
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
         found_table(space, r.front, options.width);
  out += fmt::format("\nbest by {}\n\n", to_string(search.by)) +
         found_table(space, r.best, options.width);
  return out;
}

}  // namespace neuralpower
