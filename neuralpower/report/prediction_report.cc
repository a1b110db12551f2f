// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/prediction_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/prediction_json.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

template <typename Unit>
std::string csv_cells(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return ",,";
  return format_double(e->value.value() * scale) + "," + format_double(e->low.value() * scale) +
         "," + format_double(e->high.value() * scale);
}

void write_csv(std::ostream& out, const std::vector<NetworkPrediction>& predictions) {
  out << "network,batch,position,name,layer,covered,runtime_ms,runtime_low,runtime_high,power_w,"
         "power_"
         "low,"
         "power_high,energy_j,energy_low,energy_high,reason\n";
  for (const NetworkPrediction& p : predictions)
    for (std::size_t i = 0; i < p.layers.size(); ++i) {
      const LayerPrediction& layer = p.layers[i];
      out << fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(printable(p.network)),
                         p.batch, i + 1, csv_field(printable(layer.name)),
                         csv_field(format_layer(layer.config)), layer.covered ? 1 : 0,
                         csv_cells(layer.runtime, 1e3), csv_cells(layer.power, 1),
                         csv_cells(layer.energy, 1), csv_field(printable(layer.reason)));
    }
}

void write_json(std::ostream& out, const std::vector<NetworkPrediction>& predictions) {
  JsonWriter json(out);
  if (predictions.size() == 1) return write_prediction(json, predictions.front());
  json.begin_object()
      .member("network", predictions.front().network)
      .member("device", predictions.front().device)
      .key("batches")
      .begin_array();
  for (const NetworkPrediction& p : predictions) write_prediction(json, p);
  json.end().end();
}

template <typename Unit>
std::string cell(const std::optional<Estimate<Unit>>& estimate, double scale) {
  return estimate ? with_digits(estimate->value.value() * scale) : "\u2013";
}

template <typename Unit>
std::string with_interval(const std::optional<Estimate<Unit>>& e, double scale, const char* unit) {
  if (!e) return "\u2013";
  const auto text = [&](Unit x) { return with_digits(x.value() * scale); };
  if (e->low == e->high)
    return fmt::format("{} {}", text(e->value), unit);  // analytical: no interval
  return fmt::format("{} {} (90 %: {} to {})", text(e->value), unit, text(e->low), text(e->high));
}

std::string bottleneck(const NetworkPrediction& p, int index, double share) {
  if (index < 0) return "\u2013";
  return fmt::format("{} ({:.0f} %)", printable(p.layers[static_cast<std::size_t>(index)].name),
                     100 * share);
}

// The layer's text for a narrow terminal: without the batch, which stands above, and what is usual.
std::string brief_text(const LayerConfig& config) {
  const std::string text = format_layer(config);
  std::string out;
  for (std::string_view word : split_blanks(text)) {
    if (word.starts_with("batch=") || word.starts_with("pad=") || word == "stride=1x1") continue;
    for (std::string_view key : {"in=", "mode=", "kernel="})
      if (word.starts_with(key)) word.remove_prefix(key.size());
    if (word == "activation") continue;  // its mode says it
    if (word.starts_with("out=")) {
      out += "\u2192" + std::string(word.substr(4));
    } else if (word.starts_with("stride=")) {
      out += "/" + std::string(word.substr(7, word == "stride=2x2" ? 1 : std::string::npos));
    } else {
      out += (out.empty() ? "" : " ") + std::string(word);
    }
  }
  return out;
}

std::string render_table(const NetworkPrediction& p, int width) {
  constexpr int kBarCells = 10, kNarrow = 100;
  const bool narrow = width > 0 && width < kNarrow;
  using Align = Table::Align;
  std::vector<Table::Column> columns = {{"layer", Align::kLeft},
                                        {"operation", Align::kLeft},
                                        {"runtime ms"},
                                        {"power W"},
                                        {"energy J"},
                                        {"share"}};
  if (!narrow) columns.push_back({p.energy ? "of energy" : "of runtime", Align::kLeft});
  Table table(std::move(columns));
  const auto operation = [&](const LayerPrediction& layer) {
    return narrow ? brief_text(layer.config) : format_layer(layer.config);
  };
  // Shares are of energy where that is known, else of runtime.
  const auto share_of = [&](const LayerPrediction& layer) {
    if (p.energy && layer.energy && p.energy->value > Joules(0))
      return layer.energy->value / p.energy->value;
    if (!p.energy && p.runtime && layer.runtime && p.runtime->value > Seconds(0))
      return layer.runtime->value / p.runtime->value;
    return 0.0;
  };
  std::set<std::string> reasons;
  int extrapolated = 0, estimated = 0;
  std::string first_warning;
  for (const LayerPrediction& layer : p.layers) {
    if (!layer.covered) {
      const bool known = layer.runtime.has_value();
      table.add_row({printable(layer.name) + (narrow && known ? " ~" : ""), operation(layer),
                     known ? cell(layer.runtime, 1e3) : "?", known ? cell(layer.power, 1) : "?",
                     known ? cell(layer.energy, 1) : "?",
                     known ? fmt::format("{:.1f} %", 100 * share_of(layer)) : "",
                     known ? "estimate" : "not covered"});
      reasons.insert(layer.reason);
      estimated += known;
      continue;
    }
    const double share = share_of(layer);
    table.add_row({printable(layer.name) + (layer.warnings.empty() ? "" : " !"), operation(layer),
                   cell(layer.runtime, 1e3), cell(layer.power, 1), cell(layer.energy, 1),
                   fmt::format("{:.1f} %", 100 * share), bar(share, kBarCells)});
    if (!layer.warnings.empty() && extrapolated++ == 0)
      first_warning = printable(layer.name) + ": " + layer.warnings.front();
  }
  table.add_rule();
  if (p.overhead > Seconds(0))
    table.add_row({"between layers", "", with_digits(in_milliseconds(p.overhead)), "", "", "", ""});
  table.add_row({"total",
                 fmt::format(fmt::runtime(narrow ? "{}/{} covered" : "{} of {} layers covered"),
                             p.coverage.covered, p.coverage.layers),
                 cell(p.runtime, 1e3), cell(p.power, 1), cell(p.energy, 1), "", ""});
  std::string out = fmt::format("{}, batch {}, on {} ({})\n\n", printable(p.network), p.batch,
                                printable(p.device), printable(p.method));
  out += table.render(width);
  const auto share = [&](int index, auto member, const auto& total) {
    if (index < 0 || !total) return 0.0;
    return (p.layers[static_cast<std::size_t>(index)].*member)->value / total->value;
  };
  out += fmt::format("\nruntime  {}\n", with_interval(p.runtime, 1e3, "ms"));
  if (p.energy) {
    out += fmt::format("power    {}\n", with_interval(p.power, 1, "W"));
    out += fmt::format("energy   {}, {} J an item\n", with_interval(p.energy, 1, "J"),
                       with_digits(p.energy->value.value() / static_cast<double>(p.batch)));
  } else {
    out += fmt::format("power and energy are absent: {}\n",
                       p.no_power.empty() ? "no model of power for some layers" : p.no_power);
  }
  out +=
      fmt::format("slowest  {}\n",
                  bottleneck(p, p.slowest, share(p.slowest, &LayerPrediction::runtime, p.runtime)));
  if (p.energy) {
    out += fmt::format("hungriest in power  {}\n",
                       p.hungriest < 0
                           ? "\u2013"
                           : printable(p.layers[static_cast<std::size_t>(p.hungriest)].name));
    out += fmt::format(
        "most energy  {}\n",
        bottleneck(p, p.most_energy, share(p.most_energy, &LayerPrediction::energy, p.energy)));
  }
  if (!p.coverage.complete()) {
    out += fmt::format(
        "\n{}NOT COVERED {}: {} of {} layers ({:.1f} % of the multiply-accumulates)\n",
        narrow && estimated > 0 ? "~ " : "",
        estimated == p.coverage.layers - p.coverage.covered ? "by measurements, but estimated"
                                                            : "by these totals",
        p.coverage.layers - p.coverage.covered, p.coverage.layers,
        100 * (1 - p.coverage.share_of_macs));
    for (const std::string& reason : reasons) out += "  " + printable(reason) + "\n";
  }
  if (extrapolated > 0)
    out += fmt::format("\n! {} of {} layers lie outside what was measured; {}\n", extrapolated,
                       p.coverage.layers, first_warning);
  return out;
}

// "12.3 (10.1 to 15.0)"; without bounds where there are none.
template <typename Unit>
std::string bounded_cell(const std::optional<Estimate<Unit>>& e, double scale) {
  constexpr int kDigits = 3;
  if (!e) return "\u2013";
  const auto text = [&](Unit x, int digits) { return with_digits(x.value() * scale, digits); };
  if (e->low == e->high) return text(e->value, 4);
  return fmt::format("{} ({} to {})", text(e->value, 4), text(e->low, kDigits),
                     text(e->high, kDigits));
}

// What the rows of several batch sizes leave out, once.
std::string batch_caveats(const std::vector<NetworkPrediction>& predictions) {
  std::set<std::string> lines;
  for (const NetworkPrediction& p : predictions) {
    if (!p.energy)
      lines.insert("power and energy are absent: " +
                   (p.no_power.empty() ? "no model of power for some layers" : p.no_power));
    for (const LayerPrediction& layer : p.layers)
      if (!layer.covered) lines.insert(printable(layer.reason));
  }
  std::string out;
  for (const std::string& line : lines) out += "! " + line + "\n";
  return out.empty() ? out : "\n" + out;
}

std::string render_batches(const std::vector<NetworkPrediction>& predictions, bool layers,
                           int width) {
  const NetworkPrediction& first = predictions.front();
  const bool energy = std::any_of(predictions.begin(), predictions.end(),
                                  [](const NetworkPrediction& p) { return p.energy.has_value(); });
  std::vector<Table::Column> columns = {{"batch"}, {"latency ms"}, {"items/s"}};
  if (energy) columns.insert(columns.end(), {{"power W"}, {"mJ an item"}});
  columns.insert(columns.end(), {{"covered"}, {"outside"}});
  Table table(std::move(columns));
  bool any_outside = false;
  for (const NetworkPrediction& p : predictions) {
    const auto batch = static_cast<double>(p.batch);
    const auto outside =
        std::count_if(p.layers.begin(), p.layers.end(),
                      [](const LayerPrediction& layer) { return !layer.warnings.empty(); });
    any_outside = any_outside || outside > 0;
    const bool takes_time = p.runtime && p.runtime->value > Seconds(0);
    std::vector<std::string> cells = {
        std::to_string(p.batch), bounded_cell(p.runtime, 1e3),
        takes_time ? with_digits(batch / p.runtime->value.value()) : "\u2013"};
    if (energy)
      cells.insert(cells.end(), {bounded_cell(p.power, 1), bounded_cell(p.energy, 1e3 / batch)});
    cells.push_back(fmt::format("{}/{}", p.coverage.covered, p.coverage.layers));
    cells.push_back(outside > 0 ? std::to_string(outside) : "");
    table.add_row(std::move(cells));
  }
  std::string out =
      fmt::format("{} on {} ({}); in brackets 90 % intervals\n\n", printable(first.network),
                  printable(first.device), printable(first.method));
  out += table.render(width);
  if (any_outside)
    out += "\noutside: layers larger, smaller or of another type than anything that was measured\n";
  out += batch_caveats(predictions);
  if (!layers) out += "\n--layers adds the layers of each\n";
  return out;
}

}  // namespace

void write_predictions(std::ostream& out, const std::vector<NetworkPrediction>& predictions,
                       const RenderOptions& options, bool layers) {
  const bool several = predictions.size() > 1;
  switch (options.format) {
    case OutputFormat::kJson:
      return write_json(out, predictions);
    case OutputFormat::kCsv:
      return write_csv(out, predictions);
    case OutputFormat::kTable:
      if (several) out << render_batches(predictions, layers, options.width);
      if (several && !layers) return;
      for (const NetworkPrediction& p : predictions)
        out << (several ? "\n" : "") << render_table(p, options.width);
      return;
    case OutputFormat::kHtml:
      break;  // html_report.h: a page shows more than predictions
  }
  throw usage_error("predictions alone make no page");
}

}  // namespace neuralpower
