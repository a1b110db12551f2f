// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/advise_report.h"

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

template <typename Unit>
Json bounds(const Estimate<Unit>& e, double scale) {
  return {{"value", e.value.value() * scale},
          {"low", e.low.value() * scale},
          {"high", e.high.value() * scale}};
}

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
                              {"share", a.energy_share},
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
    out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", a.kind, csv_field(a.layer),
                       csv_field(a.change), a.energy_saved.value.value(),
                       a.energy_saved.low.value(), a.energy_saved.high.value(), a.energy_share,
                       a.time_saved.value.value() * 1e3, a.macs_more, a.params_more);
  }
  return out;
}

std::string with_sign(std::int64_t count) {
  if (count == 0) return "0";
  const auto size = static_cast<double>(count < 0 ? -count : count);
  return (count < 0 ? "-" : "+") + with_si_prefix(size);
}

}  // namespace

std::string render_advice(const Advices& advices, std::size_t top, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return advice_json(advices, top);
  if (options.format == OutputFormat::kCsv) return advice_csv(advices, top);
  std::string out =
      fmt::format("{} on {}, batch {}: {} mJ and {} ms an item\n\n", printable(advices.network),
                  printable(advices.device), advices.batch,
                  with_digits(1e3 * advices.energy_per_item.value.value()),
                  with_digits(1e3 * advices.time_per_item.value.value()));
  Table table({{"saves mJ"},
               {"low"},
               {"high"},
               {"% energy"},
               {"saves ms"},
               {"MACs"},
               {"params"},
               {"layer", Align::kLeft},
               {"change", Align::kLeft}});
  const auto milli = [](double value) { return with_digits(1e3 * value, 3); };
  for (std::size_t i = 0; i < std::min(top, advices.advice.size()); ++i) {
    const Advice& a = advices.advice[i];
    table.add_row({milli(a.energy_saved.value.value()), milli(a.energy_saved.low.value()),
                   milli(a.energy_saved.high.value()), with_digits(100 * a.energy_share, 3),
                   milli(a.time_saved.value.value()), with_sign(a.macs_more),
                   with_sign(a.params_more), printable(a.layer), printable(a.change)});
  }
  if (!advices.advice.empty()) {
    out += table.render(options.width);
    out += "\nEach change by itself; what it does to precision is not known here.\n";
  }
  out += fmt::format(
      "{} changes tried: {} save energy, {} do not, {} lead outside what was measured.\n",
      advices.tried, advices.advice.size(), advices.useless, advices.outside);
  if (advices.untried > 0)
    out += fmt::format("{} convolutions with fewer operations were not tried.\n", advices.untried);
  return out;
}

}  // namespace neuralpower
