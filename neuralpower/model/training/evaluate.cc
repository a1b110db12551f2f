// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

// Predictions beside truths of one target and key.
struct Pairs {
  std::vector<double> truth, predicted;
  std::size_t inside = 0;
  double terms = 0;
  std::size_t fits = 0;
  double spread = 0;  // of repetitions, summed over the layers that have any
  std::size_t repeated = 0;

  template <typename Unit>
  void add(double scale, Unit measured, const Estimate<Unit>& estimate,
           const std::optional<double>& repetitions = {}) {
    if (repetitions) {
      spread += *repetitions;
      ++repeated;
    }
    truth.push_back(measured.value() * scale);
    predicted.push_back(estimate.value.value() * scale);
    inside += estimate.low <= measured && measured <= estimate.high;
  }
};

using PairsByTarget = std::map<std::string, std::map<std::string, Pairs>>;

void add_row(PairsByTarget& pairs, const std::string& key, const ReducedSample& row,
             const LayerPrediction& p) {
  const std::string kind(split(key, '.').front());
  std::set<std::string> keys = {key, kind};
  for (const std::string& k : keys) {
    if (p.runtime) pairs["runtime"][k].add(1e3, row.runtime, *p.runtime, row.runtime_spread);
    if (p.power && row.power) pairs["power"][k].add(1, *row.power, *p.power, row.power_spread);
    if (p.energy && row.energy)
      pairs["energy"][k].add(1, *row.energy, *p.energy, row.energy_spread);
  }
}

template <typename Unit>
std::optional<HeldOutRow::Pair> held_out_pair(double scale, const std::optional<Unit>& measured,
                                              const std::optional<Estimate<Unit>>& estimate) {
  if (!measured || !estimate) return {};
  return HeldOutRow::Pair{measured->value() * scale, estimate->value.value() * scale,
                          estimate->low.value() * scale, estimate->high.value() * scale};
}

HeldOutRow held_out_row(const std::string& key, std::size_t fold, const ReducedSample& row,
                        const LayerPrediction& p) {
  return {row.text,
          key,
          fold,
          held_out_pair<Seconds>(1e3, row.runtime, p.runtime),
          held_out_pair<Watts>(1, row.power, p.power),
          held_out_pair<Joules>(1, row.energy, p.energy)};
}

void add_terms(PairsByTarget& pairs, const std::string& key, const KeyModels& models) {
  const auto add = [&](const char* target, int terms) {
    for (const std::string& k : std::set<std::string>{key, std::string(split(key, '.').front())}) {
      Pairs& p = pairs[target][k];
      p.terms += terms;
      ++p.fits;
    }
  };
  if (models.runtime) add("runtime", count_terms(*models.runtime));
  if (models.power) {
    add("power", count_terms(*models.power));
    add("energy", count_terms(*models.runtime) + count_terms(*models.power));
  }
}

ErrorRow errors_of(const Pairs& pairs) {
  ErrorRow row;
  row.metrics = error_metrics(pairs.truth, pairs.predicted);
  row.terms = pairs.fits > 0 ? pairs.terms / static_cast<double>(pairs.fits) : 0;
  row.coverage =
      100.0 * static_cast<double>(pairs.inside) / static_cast<double>(pairs.truth.size());
  if (pairs.repeated > 0)
    row.repetitions = 100 * std::sqrt(pairs.spread / static_cast<double>(pairs.repeated));
  return row;
}

void judge(Evaluation& evaluation, const PairsByTarget& pairs) {
  for (const auto& [target, by_key] : pairs)
    for (const auto& [key, p] : by_key)
      if (!p.truth.empty()) evaluation.targets[target][key] = errors_of(p);
}

std::uint64_t group_id(const KeyData& data, std::size_t row, const std::string& group,
                       const std::map<std::string, std::string>& network_of,
                       std::map<std::string, std::uint64_t>& ids) {
  std::string name;
  if (group == "layer") {
    name = data.rows[row].text;
  } else if (group == "network") {
    name = network_of.at(data.rows[row].text);
  } else {
    const auto names = feature_names(data.key);
    const auto found = std::find(names.begin(), names.end(), group);
    if (found == names.end())
      throw usage_error("--group " + group + ": " + data.key +
                        " layers have no such feature; use layer, network or a feature");
    name = format_double(
        data.features[row * data.feature_count + static_cast<std::size_t>(found - names.begin())]);
  }
  return ids.try_emplace(name, ids.size()).first->second;
}

double median(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2 == 1) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

// One network at one batch size, put together from its measured layers.
struct NetworkSums {
  NetworkPrediction prediction;
  Seconds layer_time{0};
  Joules layer_energy{0};
  bool all_have_energy = true;
};

void judge_networks(Evaluation& evaluation, const Predictor& predictor,
                    const std::vector<Sample>& samples, const std::vector<NetworkSample>& networks,
                    const std::vector<NetworkPrediction>& predictions) {
  // A position's repetitions first become one value each.
  std::map<std::tuple<std::string, std::int64_t, int, std::string>, std::vector<const Sample*>>
      places;
  for (const Sample& s : samples)
    if (!s.network.empty() && s.position > 0)
      places[{s.network, s.layer.batch(), s.position, format_layer(s.layer)}].push_back(&s);
  std::map<std::pair<std::string, std::int64_t>, NetworkSums> sums;
  for (const auto& [place, repetitions] : places) {
    NetworkSums& sum = sums[{std::get<0>(place), std::get<1>(place)}];
    sum.prediction.layers.push_back(predictor.predict_layer(repetitions.front()->layer));
    sum.prediction.overhead += predictor.model().overhead.node;
    std::vector<double> times, energies;
    for (const Sample* s : repetitions) {
      times.push_back(s->runtime.value());
      if (s->energy) energies.push_back(s->energy->value());
    }
    sum.layer_time += Seconds(median(times));
    if (energies.empty()) {
      sum.all_have_energy = false;
    } else {
      sum.layer_energy += Joules(median(energies));
    }
  }
  std::set<std::pair<std::string, std::int64_t>> from_files;
  for (const NetworkPrediction& p : predictions) {
    from_files.emplace(p.network, p.batch);
    sums[{p.network, p.batch}].prediction = p;
  }
  std::map<std::string, Pairs> pairs;
  for (auto& [place, sum] : sums) {
    std::vector<double> times, powers, energies;
    for (const NetworkSample& n : networks) {
      if (n.network != place.first || n.batch != place.second) continue;
      times.push_back(n.runtime.value());
      if (n.power) powers.push_back(n.power->value());
      if (n.energy) energies.push_back(n.energy->value());
    }
    if (!from_files.contains(place)) add_up(sum.prediction);
    const NetworkPrediction& p = sum.prediction;
    if (!p.coverage.complete()) {
      std::set<std::string> reasons;
      for (const LayerPrediction& layer : p.layers)
        if (!layer.covered) reasons.insert(layer.reason);
      for (const std::string& reason : reasons)
        evaluation.notes.push_back(
            fmt::format("{} at batch {}: {}", place.first, place.second, reason));
    }
    const auto row = [&](const char* target, double predicted, double layers, double whole) {
      evaluation.network_rows[target].push_back(
          {place.first, place.second, predicted, layers, whole});
    };
    const double whole_time = times.empty() ? 0 : median(times) * 1e3;
    if (p.runtime) {
      row("runtime", in_milliseconds(p.runtime->value), in_milliseconds(sum.layer_time),
          whole_time);
      if (!times.empty()) pairs["runtime"].add(1e3, Seconds(median(times)), *p.runtime);
    }
    if (p.power && p.energy && sum.all_have_energy) {
      const bool has_layers = sum.layer_time > Seconds(0);
      row("power", p.power->value.value(),
          has_layers ? (sum.layer_energy / sum.layer_time).value() : 0,
          powers.empty() ? 0 : median(powers));
      row("energy", p.energy->value.value(), sum.layer_energy.value(),
          energies.empty() ? 0 : median(energies));
      if (!powers.empty()) pairs["power"].add(1, Watts(median(powers)), *p.power);
      if (!energies.empty()) pairs["energy"].add(1, Joules(median(energies)), *p.energy);
    }
  }
  for (const auto& [target, p] : pairs)
    if (!p.truth.empty()) evaluation.networks[target] = errors_of(p);
}

}  // namespace

Evaluation cross_validate_method(const std::vector<Sample>& samples,
                                 const CrossValidateOptions& options,
                                 const TrainProgress& progress) {
  find_method(options.train.method);  // a misspelt one is told before anything else
  Evaluation evaluation;
  evaluation.method = options.train.method;
  evaluation.split =
      fmt::format("{} folds by {}, seed {}", options.folds, options.group, options.train.seed);
  std::map<std::string, std::string> network_of;
  for (const Sample& s : samples) network_of.try_emplace(format_layer(s.layer), s.network);
  PairsByTarget pairs;
  const std::map<std::string, KeyData> by_key = group_by_key(samples);
  double rows_in_all = 0, rows_done = 0;
  for (const auto& [key, data] : by_key) rows_in_all += static_cast<double>(data.rows.size());
  for (const auto& [key, data] : by_key) {
    const double rows_before = rows_done;
    const auto key_rows = static_cast<double>(data.rows.size());
    rows_done += key_rows;
    std::map<std::string, std::uint64_t> ids;
    std::vector<std::uint64_t> groups;
    for (std::size_t i = 0; i < data.rows.size(); ++i)
      groups.push_back(group_id(data, i, options.group, network_of, ids));
    const std::size_t folds = std::min(options.folds, ids.size());
    if (folds < 2 || data.rows.size() < 2 * kMinimumRows) {
      evaluation.notes.push_back(fmt::format("{}: {} configurations in {} groups are too few", key,
                                             data.rows.size(), ids.size()));
      evaluation.left_out += data.rows.size();
      continue;
    }
    evaluation.configurations += data.rows.size();
    const auto fold_of = make_folds(groups, folds, options.train.seed);
    std::vector<std::optional<HeldOutRow>> rows_of_key(data.rows.size());
    for (std::size_t fold = 0; fold < folds; ++fold) {
      if (progress)
        progress((rows_before + key_rows * static_cast<double>(fold) / static_cast<double>(folds)) /
                     rows_in_all,
                 fmt::format("{}, fold {} of {}", key, fold + 1, folds));
      std::vector<std::size_t> training, held_out;
      for (std::size_t i = 0; i < data.rows.size(); ++i)
        (fold_of[i] == fold ? held_out : training).push_back(i);
      if (training.size() < kMinimumRows) {
        evaluation.left_out += held_out.size();
        continue;
      }
      const KeyData rows = select_rows(data, training);
      DeviceModel model;
      model.layers[key] = fit_key_models(rows, options.train);
      const Predictor predictor(std::move(model));
      add_terms(pairs, key, predictor.model().layers.at(key));
      for (std::size_t i : held_out) {
        const LayerPrediction prediction = predictor.predict_layer(data.rows[i].layer);
        add_row(pairs, key, data.rows[i], prediction);
        rows_of_key[i] = held_out_row(key, fold, data.rows[i], prediction);
      }
    }
    for (std::optional<HeldOutRow>& row : rows_of_key)
      if (row) evaluation.held_out.push_back(std::move(*row));
  }
  judge(evaluation, pairs);
  if (evaluation.targets.empty()) throw too_few_configurations(by_key, 2 * kMinimumRows);
  return evaluation;
}

Evaluation evaluate(const Predictor& predictor, const std::vector<Sample>& samples,
                    const std::vector<NetworkSample>& networks,
                    const std::vector<NetworkPrediction>& predictions) {
  const DeviceModel& model = predictor.model();
  Evaluation evaluation;
  evaluation.method = model.method;
  evaluation.split = "configurations that the model was not trained on";
  PairsByTarget pairs;
  std::size_t seen = 0;
  std::map<std::string, std::size_t> without_model;
  for (const ReducedSample& row : reduce_repetitions(samples)) {
    if (predictor.was_trained_on(row.layer)) {
      ++seen;
      continue;
    }
    const LayerPrediction p = predictor.predict_layer(row.layer);
    const std::string key = model_key(row.layer);
    if (!p.covered || !model.layers.contains(key)) {
      ++without_model[key];
      continue;
    }
    ++evaluation.configurations;
    add_row(pairs, key, row, p);
  }
  for (const auto& [key, models] : model.layers) add_terms(pairs, key, models);
  judge(evaluation, pairs);
  evaluation.left_out = seen;
  if (seen > 0)
    evaluation.notes.push_back(
        fmt::format("{} configurations left out: the model was trained on them", seen));
  for (const auto& [key, count] : without_model) {
    evaluation.left_out += count;
    evaluation.notes.push_back(
        fmt::format("{} configurations left out: no model of {}", count, key));
  }
  judge_networks(evaluation, predictor, samples, networks, predictions);
  return evaluation;
}

}  // namespace neuralpower
