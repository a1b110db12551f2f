// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/report/svg_plot.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

// What a file may be called.
std::string file_name(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return text;
}

void add_point(SvgSeries& series, double x, const std::optional<double>& y) {
  if (!y) return;
  series.x.push_back(x);
  series.y.push_back(*y);
}

// One series a column of the layers of a network, along their positions.
std::string layers_figure(
    const std::vector<const LayerComparison*>& layers, std::string title, std::string unit,
    bool log,
    const std::vector<std::pair<std::string, std::optional<double> LayerComparison::*>>& columns) {
  SvgPlot plot{std::move(title), "layer, by position", std::move(unit), false, log, {}};
  bool any = false;
  for (const auto& [name, column] : columns) {
    SvgSeries series;
    series.name = name;
    series.line = true;
    for (const LayerComparison* layer : layers)
      if (layer->*column != 0) add_point(series, layer->position, layer->*column);  // 0: no work
    if (series.x.empty()) continue;
    any = true;
    plot.series.push_back(std::move(series));
  }
  return any ? render_svg(plot) : std::string();
}

std::string objective_title(Objective objective) {
  switch (objective) {
    case Objective::kEnergy:
      return "energy an item, mJ";
    case Objective::kLatency:
      return "latency of a batch, ms";
    case Objective::kPower:
      return "power, W";
    case Objective::kError:
      return "error, %";
    case Objective::kMacs:
      return "multiply-accumulates, millions";
    case Objective::kParams:
      return "weights, thousands";
  }
  return "";
}

double objective_value(const FoundArchitecture& f, Objective objective) {
  const double value = f.value(objective);
  switch (objective) {
    case Objective::kEnergy:
    case Objective::kLatency:
      return 1e3 * value;
    case Objective::kError:
      return 100 * value;
    case Objective::kMacs:
      return -value / 1e6;
    case Objective::kParams:
      return -value / 1e3;
    case Objective::kPower:
      break;
  }
  return value;
}

// Where both axes say the same.
SvgSeries line_of_equality(double low, double high) {
  SvgSeries exact;
  exact.name = "predicted = measured";
  exact.line = true;
  exact.points = false;
  exact.colour = "#888";
  exact.x = exact.y = {low, high};
  return exact;
}

// "published: Cai et al. 2017", or the device.
std::string series_name(const Reproduction& r, const Reproduction& published) {
  return &r == &published ? "published: " + r.method : r.device;
}

// Predicted against measured whole networks, published and own.
std::string networks_figure(const Reproduction& published, const Reproduction& own,
                            const std::string& target) {
  const char* unit = target == "runtime" ? "ms" : target == "power" ? "W" : "J";
  SvgPlot plot{"Whole networks: " + target,
               fmt::format("measured, {}", unit),
               fmt::format("predicted, {}", unit),
               target != "power",
               target != "power",
               {}};
  double low = 1e300, high = 0;
  for (const Reproduction* r : {&published, &own}) {
    SvgSeries series;
    series.name = series_name(*r, published);
    for (const NetworkTable& table : r->networks) {
      if (table.target != target) continue;
      for (const NetworkComparison& row : table.rows) {
        const auto measured = row.measured ? row.measured : row.measured_layers;
        if (!measured || !row.predicted) continue;
        add_point(series, *measured, row.predicted);
        low = std::min({low, *measured, *row.predicted});
        high = std::max({high, *measured, *row.predicted});
      }
    }
    if (series.x.empty() && r == &own) return "";
    if (!series.x.empty()) plot.series.push_back(std::move(series));
  }
  plot.series.push_back(line_of_equality(low, high));
  return render_svg(plot);
}

// Held-out errors of the layer models by the number of their terms.
std::string errors_figure(const Reproduction& published, const Reproduction& own,
                          const std::string& target) {
  SvgPlot plot{
      "Layer models: " + target, "terms of the model", "held-out RMSPE, %", true, false, {}};
  for (const Reproduction* r : {&published, &own}) {
    SvgSeries series;
    series.name = series_name(*r, published);
    for (const LayerErrors& row : r->layers) {
      if (row.target != target || !row.rmspe) continue;
      add_point(series, row.terms, *row.rmspe);
      series.labels.push_back(row.kind);
    }
    if (series.x.empty() && r == &own) return "";
    if (!series.x.empty()) plot.series.push_back(std::move(series));
  }
  return render_svg(plot);
}

}  // namespace

std::string ranking_figure(const Ranking& ranking) {
  SvgPlot plot{"Error against energy", "energy an item, mJ", "error, %", true, false, {}};
  SvgSeries front{"Pareto front", {}, {}, {}, true, true}, others;
  others.name = "others";
  std::vector<const RankedNetwork*> on_front;
  for (const RankedNetwork& n : ranking.networks) {
    if (n.on_energy_front) {
      on_front.push_back(&n);
    } else {
      others.x.push_back(1e3 * n.candidate.energy_per_item.value.value());
      others.y.push_back(100 * n.candidate.error.value);
      others.labels.push_back(n.candidate.name);
    }
  }
  std::sort(on_front.begin(), on_front.end(), [](const RankedNetwork* a, const RankedNetwork* b) {
    return a->candidate.energy_per_item.value < b->candidate.energy_per_item.value;
  });
  for (const RankedNetwork* n : on_front) {
    front.x.push_back(1e3 * n->candidate.energy_per_item.value.value());
    front.y.push_back(100 * n->candidate.error.value);
    front.labels.push_back(n->candidate.name);
  }
  plot.series.push_back(std::move(front));
  if (!others.x.empty()) plot.series.push_back(std::move(others));
  return render_svg(plot);
}

std::string held_out_figure(const Evaluation& evaluation, Target target) {
  constexpr std::size_t kDrawn = 300;  // of a kind
  const char* unit = target == Target::kRuntime ? "ms" : target == Target::kPower ? "W" : "J";
  SvgPlot plot{fmt::format("{}: {}, {}", to_string(target), evaluation.method, evaluation.split),
               fmt::format("measured, {}", unit),
               fmt::format("predicted by a model that never saw the layer, {}", unit),
               true,
               true,
               {}};
  std::map<std::string, std::vector<HeldOutRow::Pair>> kinds;
  double low = 1e300, high = 0;
  bool thinned = false;
  for (const HeldOutRow& row : evaluation.held_out) {
    const auto& pair = target == Target::kRuntime ? row.runtime
                       : target == Target::kPower ? row.power
                                                  : row.energy;
    if (!pair) continue;
    kinds[std::string(split(row.key, '.').front())].push_back(*pair);
    low = std::min(low, pair->measured);
    high = std::max(high, pair->measured);
  }
  if (kinds.empty())
    throw bad_input(
        fmt::format("nothing to draw: no {} is known of the held-out layers", to_string(target)));
  plot.series.push_back(line_of_equality(low, high));  // below the points
  for (const auto& [kind, pairs] : kinds) {
    SvgSeries series;
    series.name = kind;
    const std::size_t step = (pairs.size() + kDrawn - 1) / kDrawn;
    if (step > 1) thinned = true;
    for (std::size_t i = 0; i < pairs.size(); i += step) {
      series.x.push_back(pairs[i].measured);
      series.y.push_back(pairs[i].predicted);
    }
    plot.series.push_back(std::move(series));
  }
  if (thinned) plot.x_title += fmt::format(" (of each kind at most {} layers, evenly)", kDrawn);
  return render_svg(plot);
}

std::string search_figure(const Space& space, const SearchResult& result,
                          const SearchOptions& options) {
  const Objective first = options.objectives.front(), second = options.objectives.back();
  SvgPlot plot{space.name, objective_title(first), objective_title(second), true, true, {}};
  if (!result.seen.empty()) {
    const auto [least, most] = std::minmax_element(
        result.seen.begin(), result.seen.end(),
        [&](const auto& a, const auto& b) { return a.value(first) < b.value(first); });
    const double low = objective_value(*least, first), high = objective_value(*most, first);
    if (low > 0 && high > low)
      plot.title +=
          fmt::format(": {} to {} {}, {} times", with_digits(low, 3), with_digits(high, 3),
                      plot.x_title.substr(plot.x_title.rfind(' ') + 1), with_digits(high / low, 2));
  }
  const auto add = [&](const std::vector<FoundArchitecture>& found, SvgSeries series) {
    for (const FoundArchitecture& f : found) {
      series.x.push_back(objective_value(f, first));
      series.y.push_back(objective_value(f, second));
    }
    if (!series.x.empty()) plot.series.push_back(std::move(series));
  };
  SvgSeries front, seen;
  front.name = "Pareto front";
  front.line = options.objectives.size() == 2;
  seen.name = "candidates";
  add(result.seen, std::move(seen));
  add(result.front, std::move(front));
  return render_svg(plot);
}

std::map<std::string, std::string> reproduction_figures(const Reproduction& published,
                                                        const Reproduction& own) {
  std::map<std::string, std::string> figures;
  std::map<std::string, std::vector<const LayerComparison*>> networks;
  for (const LayerComparison& layer : own.network_layers)
    networks[fmt::format("{} batch {}", layer.network, layer.batch)].push_back(&layer);
  for (const auto& [name, layers] : networks) {
    figures["runtime-" + file_name(name) + ".svg"] =
        layers_figure(layers, name + " on " + own.device, "runtime, ms", true,
                      {{"measured", &LayerComparison::measured_ms},
                       {"predicted", &LayerComparison::predicted_ms},
                       {"Paleo", &LayerComparison::paleo_ms}});
    figures["power-" + file_name(name) + ".svg"] = layers_figure(
        layers, name + " on " + own.device, "power, W", false,
        {{"measured", &LayerComparison::measured_w}, {"predicted", &LayerComparison::predicted_w}});
  }
  for (const char* target : {"runtime", "power", "energy"}) {
    figures[fmt::format("networks-{}.svg", target)] = networks_figure(published, own, target);
    figures[fmt::format("layer-errors-{}.svg", target)] = errors_figure(published, own, target);
  }
  std::erase_if(figures, [](const auto& figure) { return figure.second.empty(); });
  return figures;
}

std::map<std::string, std::string> degree_figures(const std::vector<DegreeError>& errors,
                                                  const std::string& device) {
  std::map<std::string, std::string> figures;
  for (const Target target : {Target::kRuntime, Target::kPower}) {
    const std::string name = target == Target::kRuntime ? "runtime" : "power";
    SvgPlot plot{"Polynomials of " + name + " on " + device,
                 "degree",
                 std::string("held-out RMSE, ") + (name == "power" ? "W" : "ms"),
                 false,
                 true,
                 {}};
    for (const DegreeError& e : errors) {
      if (e.target != target) continue;
      if (plot.series.empty() || plot.series.back().name != e.key) {
        plot.series.emplace_back();
        plot.series.back().name = e.key;
        plot.series.back().line = true;
      }
      plot.series.back().x.push_back(e.degree);
      plot.series.back().y.push_back(e.rmse);
    }
    if (!plot.series.empty()) figures["degree-" + name + ".svg"] = render_svg(plot);
  }
  return figures;
}

}  // namespace neuralpower
