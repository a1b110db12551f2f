// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/advise_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

template <typename Unit>
Json bounds(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return nullptr;
  return {{"value", e->value.value() * scale},
          {"low", e->low.value() * scale},
          {"high", e->high.value() * scale}};
}
Json bounds(const Estimate<Seconds>& e, double scale) { return bounds(std::optional(e), scale); }

std::string advice_json(const Advices& advices, std::size_t top) {
  Json json = {{"network", advices.network},
               {"device", advices.device},
               {"batch", advices.batch},
               {"epi_j", bounds(advices.energy_per_item, 1)},
               {"time_per_item_ms", bounds(advices.time_per_item, 1e3)},
               {"tried", advices.tried},
               {"outside_the_measured", advices.outside},
               {"without_saving", advices.useless},
               {"convolutions_not_tried", advices.untried},
               {"advice", Json::array()}};
  for (std::size_t i = 0; i < std::min(top, advices.advice.size()); ++i) {
    const Advice& a = advices.advice[i];
    json["advice"].push_back({{"kind", a.kind},
                              {"layer", a.layer},
                              {"change", a.change},
                              {"epi_saved_j", bounds(a.energy_saved, 1)},
                              {"share", a.share},
                              {"time_saved_ms", bounds(a.time_saved, 1e3)},
                              {"macs", a.macs_more},
                              {"params", a.params_more}});
  }
  return json_text(json);
}

std::string advice_csv(const Advices& advices, std::size_t top) {
  std::string out =
      "kind,layer,change,epi_saved_j,epi_saved_low_j,epi_saved_high_j,share,time_saved_ms,macs,"
      "params\n";
  for (std::size_t i = 0; i < std::min(top, advices.advice.size()); ++i) {
    const Advice& a = advices.advice[i];
    std::string saved = ",,";
    if (const auto& e = a.energy_saved)
      saved = fmt::format("{},{},{}", e->value.value(), e->low.value(), e->high.value());
    out +=
        fmt::format("{},{},{},{},{},{},{},{}\n", a.kind, csv_field(a.layer), csv_field(a.change),
                    saved, a.share, a.time_saved.value.value() * 1e3, a.macs_more, a.params_more);
  }
  return out;
}

std::string with_sign(std::int64_t count) {
  if (count == 0) return "0";
  const auto size = static_cast<double>(count < 0 ? -count : count);
  return (count < 0 ? "-" : "+") + with_si_prefix(size);
}

// The same change of layers that are alike, in one row.
struct AdviceRow {
  const Advice* advice = nullptr;
  int alike = 0;  // others
};

bool is_alike(const Advice& a, const Advice& b) {
  return a.change == b.change && a.share == b.share && a.macs_more == b.macs_more &&
         a.params_more == b.params_more;
}

std::vector<AdviceRow> rows_of(const std::vector<Advice>& all, std::size_t top) {
  std::vector<AdviceRow> rows;
  for (const Advice& advice : all) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const AdviceRow& row) {
      return is_alike(*row.advice, advice);
    });
    if (same != rows.end())
      ++same->alike;
    else if (rows.size() < top)
      rows.push_back({&advice, 0});
  }
  return rows;
}

std::string advice_table(const Advices& advices, std::size_t top, int width) {
  const bool energy = advices.energy_per_item.has_value();
  std::vector<Table::Column> columns;
  if (energy)
    columns = {{"saves mJ"}, {"low"}, {"high"}, {"% energy"}, {"saves ms"}};
  else
    columns = {{"saves ms"}, {"low"}, {"high"}, {"% time"}};
  columns.insert(columns.end(),
                 {{"MACs"}, {"params"}, {"layer", Align::kLeft}, {"change", Align::kLeft}});
  Table table(std::move(columns));
  const auto milli = [](auto unit) { return with_digits(1e3 * unit.value(), 3); };
  for (const auto& [advice, alike] : rows_of(advices.advice, top)) {
    const Advice& a = *advice;
    const std::string share = with_digits(100 * a.share, 3);
    std::vector<std::string> cells;
    if (energy)
      cells = {milli(a.energy_saved->value), milli(a.energy_saved->low),
               milli(a.energy_saved->high), share, milli(a.time_saved.value)};
    else
      cells = {milli(a.time_saved.value), milli(a.time_saved.low), milli(a.time_saved.high), share};
    cells.insert(cells.end(),
                 {with_sign(a.macs_more), with_sign(a.params_more),
                  printable(a.layer) + (alike > 0 ? fmt::format(" and {} alike", alike) : ""),
                  printable(a.change)});
    table.add_row(std::move(cells));
  }
  return table.render(width);
}

}  // namespace

std::string render_advice(const Advices& advices, std::size_t top, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return advice_json(advices, top);
  if (options.format == OutputFormat::kCsv) return advice_csv(advices, top);
  const auto& energy = advices.energy_per_item;
  std::string out = fmt::format("{} on {}, batch {}: {}{} ms an item\n", printable(advices.network),
                                printable(advices.device), advices.batch,
                                energy ? with_digits(1e3 * energy->value.value()) + " mJ and " : "",
                                with_digits(1e3 * advices.time_per_item.value.value()));
  if (!energy) out += "by time, because no energy is known: " + printable(advices.no_energy) + "\n";
  out += "\n";
  if (!advices.advice.empty()) {
    out += advice_table(advices, top, options.width);
    out +=
        "\nSavings are an item, of each change by itself; what it does to precision is not known "
        "here.\n";
  }
  out +=
      fmt::format("{} changes tried: {} save {}, {} do not, {} lead outside what was measured.\n",
                  advices.tried, advices.advice.size(), energy ? "energy" : "time", advices.useless,
                  advices.outside);
  if (advices.untried > 0)
    out += fmt::format("{} convolutions with fewer operations were not tried.\n", advices.untried);
  return out;
}

}  // namespace neuralpower
