// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kAbsent = "\u2013";

template <typename Unit>
Json bounds(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return nullptr;
  return {{"value", e->value.value() * scale},
          {"low", e->low.value() * scale},
          {"high", e->high.value() * scale}};
}

template <typename Unit>
std::string cell(const std::optional<Estimate<Unit>>& e, double scale) {
  return e ? with_digits(e->value.value() * scale) : kAbsent;
}

template <typename Unit>
std::string csv_cells(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return ",,";
  return format_double(e->value.value() * scale) + "," + format_double(e->low.value() * scale) +
         "," + format_double(e->high.value() * scale);
}

Json to_json(const SweepPoint& p) {
  const auto rate = p.items_per_second();
  const auto epi = p.energy_per_item();
  Json json = {{"device", p.device},
               {"dtype", to_string(p.dtype)},
               {"resolution", p.resolution > 0 ? Json(p.resolution) : Json(nullptr)},
               {"width", p.width},
               {"batch", p.batch},
               {"latency_ms", bounds(p.latency, 1e3)},
               {"items_per_s", rate ? Json(*rate) : Json(nullptr)},
               {"power_w", bounds(p.power, 1)},
               {"energy_j", bounds(p.energy, 1)},
               {"epi_j", epi ? Json(epi->value()) : Json(nullptr)},
               {"coverage",
                {{"layers", p.coverage.layers},
                 {"covered", p.coverage.covered},
                 {"share_of_macs", p.coverage.share_of_macs}}},
               {"extrapolated", p.extrapolated},
               {"best", p.best},
               {"excluded", p.excluded.empty() ? Json(nullptr) : Json(p.excluded)}};
  if (!p.caveat.empty()) json["caveat"] = p.caveat;
  return json;
}

std::string sweep_csv(const Sweep& sweep) {
  std::string out =
      "device,dtype,width,resolution,batch,latency_ms,latency_low,latency_high,items_per_s,power_w,"
      "power_low,power_high,energy_j,energy_low,energy_high,epi_j,covered,layers,extrapolated,"
      "best,excluded\n";
  for (const SweepPoint& p : sweep.points) {
    const auto rate = p.items_per_second();
    const auto epi = p.energy_per_item();
    out += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{:d},{}\n", csv_field(p.device), to_string(p.dtype),
        p.width, p.resolution > 0 ? std::to_string(p.resolution) : "", p.batch,
        csv_cells(p.latency, 1e3), rate ? format_double(*rate) : "", csv_cells(p.power, 1),
        csv_cells(p.energy, 1), epi ? format_double(epi->value()) : "", p.coverage.covered,
        p.coverage.layers, p.extrapolated, p.best, csv_field(p.excluded));
  }
  return out;
}

// `among`: there are several batch sizes to be the best of.
std::string remark(const SweepPoint& p, bool among) {
  if (!p.excluded.empty()) return "excluded: " + p.excluded;
  if (!p.best || !among) return "";
  return p.energy ? "least energy an item" : "most items a second";
}

std::string sweep_table(const Sweep& sweep, int width) {
  using Align = Table::Align;
  const auto& points = sweep.points;
  const auto varies = [&](auto member) {
    return std::any_of(points.begin(), points.end(),
                       [&](const SweepPoint& p) { return p.*member != points.front().*member; });
  };
  const bool devices = varies(&SweepPoint::device), types = varies(&SweepPoint::dtype);
  const bool widths = varies(&SweepPoint::width) || points.front().width != 1;
  const bool resolutions = points.front().resolution > 0, batches = varies(&SweepPoint::batch);
  std::vector<Table::Column> columns;
  if (devices) columns.push_back({"device", Align::kLeft});
  if (types) columns.push_back({"type", Align::kLeft});
  if (widths) columns.push_back({"width"});
  if (resolutions) columns.push_back({"image"});
  columns.insert(columns.end(), {{"batch"},
                                 {"latency ms"},
                                 {"items/s"},
                                 {"power W"},
                                 {"energy J"},
                                 {"mJ an item"},
                                 {"covered"},
                                 {"outside"},
                                 {"", Align::kLeft}});
  Table table(std::move(columns));
  std::set<std::string> caveats;
  int outside = 0;
  for (const SweepPoint& p : points) {
    const auto rate = p.items_per_second();
    const auto epi = p.energy_per_item();
    std::vector<std::string> cells;
    if (devices) cells.push_back(printable(p.device));
    if (types) cells.emplace_back(to_string(p.dtype));
    if (widths) cells.push_back(format_double(p.width));
    if (resolutions) cells.push_back(std::to_string(p.resolution));
    cells.insert(
        cells.end(),
        {std::to_string(p.batch), cell(p.latency, 1e3), rate ? with_digits(*rate) : kAbsent,
         cell(p.power, 1), cell(p.energy, 1), epi ? with_digits(1e3 * epi->value()) : kAbsent,
         fmt::format("{}/{}", p.coverage.covered, p.coverage.layers),
         p.extrapolated > 0 ? std::to_string(p.extrapolated) : "", remark(p, batches)});
    table.add_row(std::move(cells));
    if (!p.caveat.empty()) caveats.insert(p.caveat);
    outside += p.extrapolated > 0 ? 1 : 0;
  }
  std::string out = printable(sweep.network);
  if (!devices) out += " on " + printable(points.front().device);
  out += "\n\n" + table.render(width);
  if (outside > 0)
    out += "\noutside: layers larger, smaller or of another type than anything that was measured\n";
  for (const std::string& caveat : caveats) out += "\n! " + caveat + "\n";
  return out;
}

Json to_json(const Amount& a) { return {{"value", a.value}, {"low", a.low}, {"high", a.high}}; }

Json to_json(const std::optional<Amount>& a) { return a ? to_json(*a) : Json(nullptr); }

Json to_json(const Cost& c) {
  Json json = {{"name", c.name},
               {"device", c.device},
               {"batch", c.batch},
               {"items", c.items},
               {"epi_j", to_json(c.joules_per_item)},
               {"idle_between_j",
                c.idle_between_per_item ? Json(c.idle_between_per_item->value()) : Json(nullptr)},
               {"idle_share", c.idle_share ? Json(*c.idle_share) : Json(nullptr)},
               {"idle", c.idle_statement},
               {"kwh", to_json(c.kwh)},
               {"money", to_json(c.money)},
               {"co2_kg", to_json(c.kilograms_co2)}};
  if (!c.caveat.empty()) json["caveat"] = c.caveat;
  return json;
}

std::string amount(const std::optional<Amount>& a) {
  if (!a) return kAbsent;
  if (a->low == a->high) return with_digits(a->value);
  return fmt::format("{} ({} to {})", with_digits(a->value), with_digits(a->low),
                     with_digits(a->high));
}

std::string costs_table(const std::vector<Cost>& costs, const std::string& currency, int width) {
  using Align = Table::Align;
  Table table({{"network", Align::kLeft},
               {"batch"},
               {"J an item"},
               {"kWh"},
               {currency.empty() ? "money" : printable(currency)},
               {"kg CO2"}});
  for (const Cost& c : costs)
    table.add_row({printable(c.name), std::to_string(c.batch), with_digits(c.joules_per_item.value),
                   amount(c.kwh), amount(c.money), amount(c.kilograms_co2)});
  std::string out =
      fmt::format("{} inferences{}\n\n", with_si_prefix(costs.front().items),
                  costs.front().device.empty() ? "" : " on " + printable(costs.front().device));
  out += table.render(width);
  for (const Cost& c : costs) {
    const std::string name = costs.size() > 1 ? printable(c.name) + ": " : "";
    out += "\n" + name + c.idle_statement + "\n";
    if (!c.caveat.empty()) out += "! " + name + c.caveat + "; its energy is too low by the rest\n";
  }
  return out;
}

std::string costs_csv(const std::vector<Cost>& costs) {
  const auto cells = [](const std::optional<Amount>& a) {
    return a ? fmt::format("{},{},{}", a->value, a->low, a->high) : std::string(",,");
  };
  std::string out =
      "name,device,batch,items,epi_j,idle_share,kwh,kwh_low,kwh_high,money,money_low,money_high,"
      "co2_kg,co2_low,co2_high\n";
  for (const Cost& c : costs)
    out += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_field(printable(c.name)),
                       csv_field(c.device), c.batch, c.items, c.joules_per_item.value,
                       c.idle_share ? format_double(*c.idle_share) : "", cells(c.kwh),
                       cells(c.money), cells(c.kilograms_co2));
  return out;
}

}  // namespace

std::string render_sweep(const Sweep& sweep, const RenderOptions& options) {
  if (options.format == OutputFormat::kCsv) return sweep_csv(sweep);
  if (options.format == OutputFormat::kTable) return sweep_table(sweep, options.width);
  Json json;
  json["network"] = sweep.network;
  json["points"] = Json::array();
  for (const SweepPoint& point : sweep.points) json["points"].push_back(to_json(point));
  return json_text(json);
}

std::string render_costs(const std::vector<Cost>& costs, const std::string& currency,
                         const RenderOptions& options) {
  if (options.format == OutputFormat::kCsv) return costs_csv(costs);
  if (options.format == OutputFormat::kTable) return costs_table(costs, currency, options.width);
  Json json;
  json["currency"] = currency.empty() ? Json(nullptr) : Json(currency);
  json["networks"] = Json::array();
  for (const Cost& cost : costs) json["networks"].push_back(to_json(cost));
  return json_text(json);
}

}  // namespace neuralpower
