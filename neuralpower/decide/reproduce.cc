// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/held_out.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

// Energies that are runtime times power agree this well after rounding to the printed digits.
constexpr double kRoundingPerCent = 0.1;

std::vector<LayerErrors> read_layers(const std::filesystem::path& file) {
  CsvTable table(file);
  for (std::string_view column : {"target", "kind", "rmspe", "terms"}) table.require(column);
  std::vector<LayerErrors> rows;
  while (table.next()) {
    LayerErrors row;
    row.table = static_cast<int>(table.whole_or("table", 0));
    row.device = table.field("device");
    row.software = table.field("software");
    row.target = table.field("target");
    row.kind = table.field("kind");
    row.rmspe = table.required_positive("rmspe");
    row.terms = static_cast<int>(table.whole_or("terms", 0));
    row.paleo_rmspe = table.positive("paleo_rmspe");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<NetworkTable> read_networks(const std::filesystem::path& file) {
  CsvTable table(file);
  for (std::string_view column : {"target", "network", "predicted", "measured"})
    table.require(column);
  std::vector<NetworkTable> tables;
  while (table.next()) {
    const std::string target(table.field("target"));
    auto found = std::find_if(tables.begin(), tables.end(),
                              [&](const NetworkTable& t) { return t.target == target; });
    if (found == tables.end()) {
      tables.push_back({target, {}, static_cast<int>(table.whole_or("table", 0))});
      found = std::prev(tables.end());
    }
    found->rows.push_back({std::string(table.field("network")), table.positive("batch"),
                           table.positive("predicted"), table.positive("measured_layers"),
                           table.positive("measured"), table.positive("paleo")});
  }
  return tables;
}

std::vector<SignedErrors> read_signed_errors(const std::filesystem::path& file) {
  CsvTable table(file);
  for (std::string_view column : {"network", "runtime_percent", "power_percent", "energy_percent"})
    table.require(column);
  std::vector<SignedErrors> rows;
  while (table.next()) {
    const auto required = [&](std::string_view column) {
      const auto value = table.number(column);
      if (!value) throw table.located(bad_input(std::string(column) + " is empty"));
      return *value;
    };
    rows.push_back({std::string(table.field("software")), std::string(table.field("network")),
                    required("runtime_percent"), required("power_percent"),
                    required("energy_percent"), static_cast<int>(table.whole_or("table", 0))});
  }
  return rows;
}

const NetworkTable* find_table(const std::vector<NetworkTable>& tables, std::string_view target) {
  for (const NetworkTable& table : tables)
    if (table.target == target) return &table;
  return nullptr;
}

// Whose energy an item table 7 uses: the measured one's or the predicted one's.
void note_source_of_ratio(const Reproduction& p, std::vector<std::string>& notes) {
  const NetworkTable* energy = find_table(p.networks, "energy");
  if (!energy || !p.ratio) return;
  int measured = 0, predicted = 0, known = 0;
  std::string example;
  for (const RankedNetwork& n : p.ratio->networks)
    for (const NetworkComparison& row : energy->rows) {
      if (row.network != n.candidate.name || !row.batch || !row.measured || !row.predicted)
        continue;
      ++known;
      const double mj = 1e3 * n.candidate.energy_per_item.value.value();
      const auto agrees = [&](double joules) {
        return std::abs(1e3 * joules / *row.batch - mj) <= 0.051;  // printed with one decimal
      };
      measured += agrees(*row.measured) ? 1 : 0;
      predicted += agrees(*row.predicted) ? 1 : 0;
      if (example.empty())
        example =
            fmt::format("{}: {:.1f} mJ printed, {:.1f} measured, {:.1f} predicted", row.network, mj,
                        1e3 * *row.measured / *row.batch, 1e3 * *row.predicted / *row.batch);
    }
  if (known > 0 && measured == known && predicted < known)
    notes.push_back(
        fmt::format("table 7 ranks by measured, not by predicted, energy: {}", example));
}

void note_signs(const Reproduction& p, std::vector<std::string>& notes) {
  for (const SignedErrors& row : p.signed_errors)
    if (std::abs(row.implied_energy() - row.energy) > kRoundingPerCent)
      notes.push_back(fmt::format(
          "table {}, {} on {}: runtime {:+.2f} % and power {:+.2f} % make energy {:+.2f} %, not "
          "{:+.2f} %{}",
          row.table, row.network, row.software, row.runtime, row.power, row.implied_energy(),
          row.energy,
          std::abs(row.implied_energy() + row.energy) <= kRoundingPerCent ? ": the sign is wrong"
                                                                          : ""));
}

std::optional<double> positive(double x) { return x > 0 ? std::optional(x) : std::nullopt; }

double rmspe_of(const std::vector<double>& relative_errors) {
  double sum = 0;
  for (const double e : relative_errors) sum += e * e;
  return 100 * std::sqrt(sum / static_cast<double>(relative_errors.size()));
}

// Paleo's error on the runtime of each key's measured layers.
std::map<std::string, double> paleo_errors(const std::vector<Sample>& samples,
                                           const PaleoDevice& sheet) {
  std::map<std::string, std::vector<double>> errors;
  for (const ReducedSample& s : reduce_repetitions(samples)) {
    if (paleo_coverage(s.layer.op) != PaleoCoverage::kModelled) continue;
    errors[model_key(s.layer)].push_back(paleo_time(s.layer, sheet).total / s.runtime - 1);
  }
  std::map<std::string, double> rmspe;
  for (const auto& [key, e] : errors) rmspe[key] = rmspe_of(e);
  return rmspe;
}

// Paleo's time of a network that is there as samples: each position once.
std::optional<double> paleo_ms(const std::vector<Sample>& samples, const std::string& network,
                               std::int64_t batch, const PaleoDevice& sheet) {
  std::set<int> seen;
  Seconds sum(0);
  for (const Sample& s : samples)
    if (s.network == network && s.position > 0 && s.layer.batch() == batch &&
        seen.insert(s.position).second)
      sum += paleo_time(s.layer, sheet).total;
  return positive(in_milliseconds(sum));
}

void add_networks(Reproduction& result, const Evaluation& evaluation,
                  const std::vector<Sample>& samples, const std::optional<PaleoDevice>& sheet) {
  for (const char* target : {"runtime", "power", "energy"}) {
    const auto found = evaluation.network_rows.find(target);
    if (found == evaluation.network_rows.end()) continue;
    NetworkTable table;
    table.target = target;
    for (const NetworkRow& row : found->second) {
      NetworkComparison c;
      c.network = row.network;
      c.batch = static_cast<double>(row.batch);
      c.predicted = positive(row.predicted);
      c.measured_layers = positive(row.measured_layers);
      c.measured = positive(row.measured);
      if (sheet && table.target == "runtime")
        c.paleo = paleo_ms(samples, row.network, row.batch, *sheet);
      table.rows.push_back(std::move(c));
    }
    result.networks.push_back(std::move(table));
  }
}

// Every layer of the networks among the samples, repetitions averaged.
void add_network_layers(Reproduction& result, const Predictor& predictor,
                        const std::vector<Sample>& samples,
                        const std::optional<PaleoDevice>& sheet) {
  struct Sum {
    double ms = 0, watts = 0;
    int times = 0, powers = 0;
    const Sample* sample = nullptr;
  };
  std::map<std::tuple<std::string, std::int64_t, int>, Sum> sums;
  for (const Sample& s : samples) {
    if (s.network.empty() || s.position == 0) continue;
    Sum& sum = sums[{s.network, s.layer.batch(), s.position}];
    sum.sample = &s;
    sum.ms += in_milliseconds(s.runtime);
    ++sum.times;
    if (!s.power) continue;
    sum.watts += s.power->value();
    ++sum.powers;
  }
  for (const auto& [at, sum] : sums) {
    LayerComparison row;
    std::tie(row.network, row.batch, row.position) = at;
    row.measured_ms = sum.ms / sum.times;
    if (sum.powers > 0) row.measured_w = sum.watts / sum.powers;
    const LayerConfig& layer = sum.sample->layer;
    const LayerPrediction prediction = predictor.predict_layer(layer);
    if (prediction.runtime) row.predicted_ms = in_milliseconds(prediction.runtime->value);
    if (prediction.power) row.predicted_w = prediction.power->value.value();
    if (sheet && paleo_coverage(layer.op) == PaleoCoverage::kModelled)
      row.paleo_ms = in_milliseconds(paleo_time(layer, *sheet).total);
    result.network_layers.push_back(std::move(row));
  }
}

// Table 7 from the energies of the networks whose error is known.
void add_ratio(Reproduction& result, const std::map<std::string, ErrorRate>& errors) {
  const NetworkTable* energy = find_table(result.networks, "energy");
  if (errors.empty() || !energy) return;
  std::vector<Candidate> candidates;
  bool predicted = false;
  for (const NetworkComparison& row : energy->rows) {
    const auto error = errors.find(row.network);
    const auto joules = row.measured ? row.measured : row.predicted;
    if (error == errors.end() || !joules || !row.batch) continue;
    predicted = predicted || !row.measured;
    Candidate candidate;
    candidate.name = row.network;
    if (std::any_of(candidates.begin(), candidates.end(),
                    [&](const Candidate& c) { return c.name == row.network; }))
      candidate.name += fmt::format(" (batch {})", *row.batch);
    candidate.error = error->second;
    const Joules epi(*joules / *row.batch);
    candidate.energy_per_item = {epi, epi, epi};
    candidates.push_back(std::move(candidate));
  }
  if (predicted)
    result.notes.push_back("the energies of table 7 are predicted where no network was measured");
  if (!candidates.empty()) result.ratio = rank(std::move(candidates), {});
}

}  // namespace

std::optional<double> NetworkTable::rmspe(std::optional<double> NetworkComparison::*column) const {
  std::vector<double> errors;
  for (const NetworkComparison& row : rows)
    if (row.*column && row.measured) errors.push_back(*(row.*column) / *row.measured - 1);
  if (errors.empty()) return std::nullopt;
  return rmspe_of(errors);
}

double SignedErrors::implied_energy() const {
  return 100 * ((1 + runtime / 100) * (1 + power / 100) - 1);
}

Reproduction read_published(const std::filesystem::path& folder) {
  Reproduction p;
  p.device = "as published";
  p.method = "Cai et al. 2017";
  p.layers = read_layers(folder / "neuralpower-2017-layers.csv");
  p.networks = read_networks(folder / "neuralpower-2017-networks.csv");
  p.ratio = rank(read_candidates_csv(folder / "neuralpower-2017-epr.csv"), {});
  p.signed_errors = read_signed_errors(folder / "neuralpower-2017-network-errors.csv");
  note_source_of_ratio(p, p.notes);
  note_signs(p, p.notes);
  p.notes.push_back(
      "figures 1, 3, 4 and 5 are pictures whose numbers are printed nowhere, so none are stored; "
      "--figures draws them for a device model of yours, with the numbers of the tables beside");
  return p;
}

Reproduction reproduce(const Predictor& predictor, const std::vector<Sample>& samples,
                       const std::vector<NetworkSample>& measured,
                       const std::optional<PaleoDevice>& sheet,
                       const std::map<std::string, ErrorRate>& errors) {
  const DeviceModel& model = predictor.model();
  Reproduction result;
  result.device = model.device;
  result.method = model.method;
  std::map<std::string, double> paleo;
  if (sheet) paleo = paleo_errors(samples, *sheet);
  for (const char* target : {"runtime", "power"})
    for (const auto& [key, models] : model.layers) {
      const auto& layer_model =
          std::string_view(target) == "runtime" ? models.runtime : models.power;
      if (!layer_model) continue;
      LayerErrors row;
      row.device = model.device;
      row.software = model.software;
      row.target = target;
      row.kind = key;
      if (has_held_out_errors(layer_model->report)) row.rmspe = layer_model->report.rmspe;
      row.terms = count_terms(*layer_model);
      if (const auto found = paleo.find(key);
          found != paleo.end() && layer_model->target == Target::kRuntime)
        row.paleo_rmspe = found->second;
      result.layers.push_back(std::move(row));
    }
  add_networks(result, evaluate(predictor, samples, measured), samples, sheet);
  add_network_layers(result, predictor, samples, sheet);
  int of_networks = 0, seen = 0;
  for (const Sample& s : samples) {
    if (s.network.empty() || s.position == 0 || s.repetition > 1) continue;
    ++of_networks;
    seen += predictor.was_trained_on(s.layer) ? 1 : 0;
  }
  if (seen > 0)
    result.notes.push_back(fmt::format(
        "{} of {} layers of the networks were among the samples that the model was trained on",
        seen, of_networks));
  if (measured.empty() && !result.networks.empty())
    result.notes.push_back("no whole networks were measured: there are no network errors");
  add_ratio(result, errors);
  return result;
}

}  // namespace neuralpower
