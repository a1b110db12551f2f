// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/from_networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/training/intervals.h"
#include "neuralpower/model/training/provenance.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

// Up to so many architectures each is left out alone.
constexpr std::size_t kMostFolds = 20;
constexpr std::size_t kFolds = 10;

// Layers of a measured network that take time, all of one key.
struct KeyLayers {
  std::vector<std::vector<double>> features;
};

// A row of the regression: a network, or a measured layer as a network of one.
struct Total {
  std::string group;  // what is held out together
  std::map<std::string, KeyLayers> layers;
  double runtime_ms = 0;
  std::optional<double> power_w;
  const Network* network = nullptr;  // null: a layer
};

void add_layer(Total& total, const LayerConfig& layer) {
  // Dropout does nothing in a network that runs; prediction knows that without a model.
  if (is_free(layer) || std::holds_alternative<UnsupportedOp>(layer.op) ||
      std::holds_alternative<Dropout>(layer.op))
    return;
  const std::string key = model_key(layer);
  const auto features = extract_features(layer);
  if (!features.empty()) total.layers[key].features.push_back(features);
}

// A term of the sum: of one kind of layer, or (no key) of all kinds without a model of their own;
// or (no term) what the models of their own say of the other kinds, times a factor near 1.
struct Column {
  std::string key, term;
  double penalty = 1;
};

// A power's terms are rates: what a layer does per millisecond of its runtime.
std::string term_for(const std::string& term, Target target) {
  return target == Target::kRuntime || term == "1" ? term : term + "/time";
}

std::vector<std::string> own_terms(const std::string& key, Target target) {
  std::vector<std::string> terms = {"1", "flops", "bytes"};
  const auto names = feature_names(key);
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has("groups")) terms.insert(terms.end(), {"flops*[groups>1]", "bytes*[groups>1]"});
  if (has("weight_bytes") && target == Target::kRuntime) terms.emplace_back("weight_bytes");
  return terms;
}

// What every kind has in common is free of penalty: it works and moves bytes, and draws power.
std::vector<Column> columns_for(const std::set<std::string>& keys, Target target, bool own) {
  constexpr double kCallPenalty = 0.1;  // of a constant for each layer
  std::vector<Column> columns = {{"", term_for("flops", target), 0},
                                 {"", term_for("bytes", target), 0},
                                 {"", "1", target == Target::kRuntime ? kCallPenalty : 0}};
  for (const std::string& key : keys)
    for (const std::string& term : own_terms(key, target))
      columns.push_back({key, term_for(term, target), 1});
  if (own) columns.push_back({"", "", 0});
  return columns;
}

using Models = std::map<std::string, KeyModels>;

// Rows of a regression whose target is 1: each a total's columns over what was measured.
struct Rows {
  std::vector<double> matrix, weights;
  std::vector<std::uint64_t> groups;  // what is held out together
};

// The coefficients of the columns that make the rows' sums closest to 1.
std::vector<double> solve(const std::vector<Column>& columns, const Rows& rows,
                          const TrainOptions& options) {
  PathOptions path;
  path.intercept = false;
  path.non_negative = true;
  path.ratio = 1e-4;
  for (const Column& column : columns) path.penalty_factors.push_back(column.penalty);
  const std::size_t n = rows.groups.size();
  const std::vector<double> ones(n, 1.0);
  const MatrixView x(rows.matrix.data(), n, columns.size()), y(ones.data(), n, 1);
  const std::size_t count = std::set<std::uint64_t>(rows.groups.begin(), rows.groups.end()).size();
  if (count < 3) {  // nothing to choose by: where the path begins, with the common terms alone
    const std::vector<std::uint32_t> one_fold(n, 0);
    const FoldMoments moments =
        accumulate_moments(x, y, rows.weights, one_fold, 1, options.threads);
    const LassoPath fitted = fit_lasso_path(moments.total(), path);
    return {fitted.coefficients_at(0).begin(), fitted.coefficients_at(0).end()};
  }
  const std::size_t folds = count <= kMostFolds ? count : kFolds;
  const auto fold_of = make_folds(rows.groups, folds, options.seed);
  const FoldMoments moments =
      accumulate_moments(x, y, rows.weights, fold_of, folds, options.threads);
  const CrossValidation cv = cross_validate(moments, path, 0, options.threads);
  const auto best = cv.path.coefficients_at(cv.lambda_min);
  return {best.begin(), best.end()};
}

void scale(LayerModel& model, double factor) {
  for (Regime& regime : model.regimes) {
    regime.intercept *= factor;
    for (WeightedTerm& t : regime.terms) t.coefficient *= factor;
  }
  for (WeightedTerm& t : model.floor) t.coefficient *= factor;
  if (model.minimum) *model.minimum *= factor;
  if (model.maximum) *model.maximum *= factor;
}

// One fit. `own` are the kinds with models of their own, which come out scaled; the others' models
// come from the regression.
class NetworkFit {
 public:
  // `keys`: all that need a model; the totals may lack some, which get the common terms.
  NetworkFit(std::vector<const Total*> totals, const std::set<std::string>& keys, Models own,
             const TrainOptions& options)
      : totals_(std::move(totals)), models_(std::move(own)), options_(options) {
    for (const auto& [key, models] : models_) own_.insert(key);
    for (const std::string& key : keys)
      if (!own_.contains(key)) others_.insert(key);
  }

  Models fit() {
    fit_target(Target::kRuntime);
    const bool totals_have = std::all_of(totals_.begin(), totals_.end(),
                                         [](const Total* t) { return t->power_w.has_value(); });
    const bool own_have = std::all_of(own_.begin(), own_.end(), [&](const std::string& key) {
      return models_.at(key).power.has_value();
    });
    if (totals_have && own_have) fit_target(Target::kPower);
    return std::move(models_);
  }

 private:
  void fit_target(Target target);
  std::vector<double> row(const Total& total, const std::vector<Column>& columns,
                          Target target) const;
  void store(const std::vector<Column>& columns, const std::vector<double>& found, Target target);

  std::vector<const Total*> totals_;
  Models models_;
  const TrainOptions& options_;
  std::set<std::string> own_, others_;
};

// The columns of one total, over its measured value. Of a power: each layer's share by its runtime.
std::vector<double> NetworkFit::row(const Total& total, const std::vector<Column>& columns,
                                    Target target) const {
  std::vector<double> sums(columns.size(), 0.0);
  double time = 0;
  for (const auto& [key, layers] : total.layers) {
    const bool own = own_.contains(key);
    const KeyModels* models = models_.contains(key) ? &models_.at(key) : nullptr;
    std::optional<LayerFormula> runtime, power;
    if (own || target == Target::kPower) runtime.emplace(*models->runtime);
    if (own && target == Target::kPower) power.emplace(*models->power);
    std::vector<std::pair<std::size_t, Term>> terms;
    for (std::size_t j = 0; j < columns.size() && !own; ++j)
      if (!columns[j].term.empty() && (columns[j].key.empty() || columns[j].key == key))
        terms.emplace_back(j, Term::parse(columns[j].term, feature_names(key, target), key));
    for (std::vector<double> features : layers.features) {
      double weight = 1;
      if (runtime) {
        const FormulaValue value = runtime->evaluate_with_cost(features);
        append_runtime(features, value);
        if (target == Target::kPower) weight = value.value;
        if (own)
          sums.back() +=
              target == Target::kPower ? weight * power->evaluate(features) : value.value;
        time += value.value;
      }
      for (const auto& [j, term] : terms) sums[j] += weight * term.evaluate(features);
    }
  }
  const double measured =
      target == Target::kRuntime ? total.runtime_ms : std::max(time, 1e-300) * *total.power_w;
  for (double& sum : sums) sum /= measured;
  return sums;
}

void NetworkFit::fit_target(Target target) {
  const std::vector<Column> columns = columns_for(others_, target, !own_.empty());
  Rows rows;
  std::map<std::string, std::uint64_t> ids;
  for (const Total* total : totals_) {
    const std::vector<double> sums = row(*total, columns, target);
    rows.matrix.insert(rows.matrix.end(), sums.begin(), sums.end());
    rows.weights.push_back(1);
    rows.groups.push_back(ids.try_emplace(total->group, ids.size()).first->second);
  }
  if (!own_.empty()) {
    // The factor is 1, says a row that weighs as much as one network with its batch sizes.
    rows.matrix.resize(rows.matrix.size() + columns.size(), 0.0);
    rows.matrix.back() = 1;
    rows.weights.push_back(static_cast<double>(totals_.size()) / static_cast<double>(ids.size()));
    rows.groups.push_back(ids.size());
  }
  store(columns, solve(columns, rows, options_), target);
}

// Each kind's formula: the common terms and its own, equal ones added.
void NetworkFit::store(const std::vector<Column>& columns, const std::vector<double>& found,
                       Target target) {
  const auto model_of = [&](const std::string& key) -> std::optional<LayerModel>& {
    return target == Target::kRuntime ? models_[key].runtime : models_[key].power;
  };
  if (!own_.empty())
    for (const std::string& key : own_) scale(*model_of(key), found.back());
  for (const std::string& key : others_) {
    Regime regime;
    regime.when = "always";
    for (std::size_t j = 0; j < columns.size(); ++j) {
      if (found[j] <= 0 || columns[j].term.empty()) continue;
      if (!columns[j].key.empty() && columns[j].key != key) continue;
      const auto same = std::find_if(regime.terms.begin(), regime.terms.end(),
                                     [&](const auto& t) { return t.term == columns[j].term; });
      if (same == regime.terms.end()) {
        regime.terms.push_back({columns[j].term, found[j]});
      } else {
        same->coefficient += found[j];
      }
    }
    LayerModel model;
    model.key = key;
    model.target = target;
    model.regimes.push_back(std::move(regime));
    if (target == Target::kPower) {
      // A layer may draw more than any whole network does, but not without end.
      constexpr double kMostPower = 1.5;
      double most = 0;
      for (const Total* total : totals_) most = std::max(most, *total->power_w);
      model.maximum = kMostPower * most;
    }
    model_of(key) = std::move(model);
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Held-out predictions of networks, one target.
struct HeldOut {
  std::vector<double> truth, predicted;
  std::vector<std::string> group;

  void add(const Total& total, double measured, double value) {
    truth.push_back(measured);
    predicted.push_back(value);
    group.push_back(total.group);
  }
  std::vector<IntervalBand> band(const std::string& without = "") const {
    std::vector<double> t, p;
    std::vector<std::string> g;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (group[i] == without) continue;
      t.push_back(truth[i]);
      p.push_back(predicted[i]);
      g.push_back(group[i]);
    }
    return grouped_band(t, p, g);
  }
  ErrorRow errors() const {
    ErrorRow row;
    row.metrics = error_metrics(truth, predicted);
    if (std::set<std::string>(group.begin(), group.end()).size() < 3) {
      row.coverage = -1;  // no interval without one of two
      return row;
    }
    double inside = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)  // by an interval that did not see it
      for (const IntervalBand& b : band(group[i]))
        inside += predicted[i] * b.low <= truth[i] && truth[i] <= predicted[i] * b.high;
    row.coverage = 100 * inside / static_cast<double>(truth.size());
    return row;
  }
};

// What layers alone say: models of the kinds that have enough of them.
Models own_models(const std::vector<Sample>& layers, const TrainOptions& options) {
  Models models;
  for (const auto& [key, data] : group_by_key(layers))
    if (data.rows.size() >= kOwnModelRows) models[key] = fit_key_models(data, options);
  return models;
}

std::vector<Total> make_totals(const std::vector<MeasuredNetwork>& networks,
                               const std::vector<Sample>& layers, const Models& own) {
  std::vector<Total> totals;
  const bool power = std::all_of(networks.begin(), networks.end(),
                                 [](const MeasuredNetwork& n) { return n.power_w.has_value(); });
  for (const MeasuredNetwork& measured : networks) {
    Total total{measured.network.name, {}, measured.runtime_ms, {}, &measured.network};
    if (power) total.power_w = measured.power_w;
    for (const Layer& layer : measured.network.layers) add_layer(total, layer.config);
    if (total.layers.empty()) {
      Error error = bad_input("no layer that takes time");
      throw error.in_node(measured.network.name);
    }
    totals.push_back(std::move(total));
  }
  for (const ReducedSample& row : reduce_repetitions(layers)) {
    Total total{"layer " + row.text, {}, in_milliseconds(row.runtime), {}, nullptr};
    add_layer(total, row.layer);
    if (total.layers.empty() || own.contains(total.layers.begin()->first)) continue;
    if (row.power) total.power_w = row.power->value();
    if (power && !total.power_w) continue;  // one fit of what all rows have
    totals.push_back(std::move(total));
  }
  return totals;
}

std::vector<const Total*> without(const std::vector<Total>& totals,
                                  const std::set<std::string>& groups) {
  std::vector<const Total*> kept;
  for (const Total& total : totals)
    if (!groups.contains(total.group)) kept.push_back(&total);
  return kept;
}

// What a kind's formulas were fitted on, and how networks they make were predicted.
void describe(const std::string& key, KeyModels& models, const std::vector<Total>& totals,
              const std::map<std::string, HeldOut>& targets) {
  const auto describe_one = [&](LayerModel& model, const char* target) {
    std::vector<double> features;
    for (const Total& total : totals)
      if (const auto found = total.layers.find(key); found != total.layers.end())
        for (const auto& row : found->second.features)
          features.insert(features.end(), row.begin(), row.end());
    model.ranges = training_ranges(model, features);
    model.interval = targets.at(target).band();
    const ErrorMetrics errors = targets.at(target).errors().metrics;
    model.report.rows = static_cast<int>(errors.rows);
    model.report.terms = count_terms(model);
    model.report.rmspe = errors.rmspe;
    model.report.rmse = errors.rmse;
    model.report.mape = errors.mape;
    model.report.within10 = errors.within10;
    model.report.note = "errors and interval are of whole networks, not of a layer";
  };
  describe_one(*models.runtime, "runtime");
  if (!models.power) return;
  describe_one(*models.power, "power");
  models.energy_interval = targets.at("energy").band();
}

void describe(DeviceModel& model, const std::vector<MeasuredNetwork>& networks,
              const std::vector<Sample>& layers) {
  std::vector<std::string> lines;
  for (const MeasuredNetwork& n : networks)
    lines.push_back(fmt::format("{},{},{},{}\n", n.network.name, n.network.batch,
                                format_double(n.runtime_ms),
                                n.power_w ? format_double(*n.power_w) : ""));
  for (const ReducedSample& row : reduce_repetitions(layers)) {
    lines.push_back(sample_line(row));
    model.trained_on.push_back(configuration_hash(row.text));
  }
  std::sort(model.trained_on.begin(), model.trained_on.end());
  model.samples_sha256 = lines_sha256(std::move(lines));
  model.configurations = static_cast<int>(networks.size() + model.trained_on.size());
  const bool power = std::any_of(model.layers.begin(), model.layers.end(),
                                 [](const auto& entry) { return entry.second.power.has_value(); });
  if (!power) model.no_power = "not all the networks it was trained on have a measured energy";
}

}  // namespace

std::vector<MeasuredNetwork> match_networks(const std::vector<NetworkSample>& samples,
                                            const std::vector<Network>& architectures) {
  struct Repetitions {
    std::vector<double> runtime_ms, power_w;
  };
  std::map<std::pair<std::string, std::int64_t>, Repetitions> places;
  for (const NetworkSample& s : samples) {
    Repetitions& r = places[{s.network, s.batch}];
    r.runtime_ms.push_back(in_milliseconds(s.runtime));
    if (s.energy) {
      r.power_w.push_back((*s.energy / s.runtime).value());
    } else if (s.power) {
      r.power_w.push_back(s.power->value());
    }
  }
  std::vector<MeasuredNetwork> measured;
  for (const auto& [place, r] : places) {
    const auto found = std::find_if(architectures.begin(), architectures.end(), [&](const auto& n) {
      return n.name == place.first && n.batch == place.second;
    });
    if (found == architectures.end()) {
      Error error = bad_input(
          "measured, but there is no network file of this name; give it with "
          "the others, or leave its rows out");
      throw error.in_node(place.first);
    }
    MeasuredNetwork m{*found, median(r.runtime_ms), {}};
    if (!r.power_w.empty()) m.power_w = median(r.power_w);
    measured.push_back(std::move(m));
  }
  return measured;
}

NetworkTraining train_on_networks(const std::vector<MeasuredNetwork>& networks,
                                  const std::vector<Sample>& layers, const TrainOptions& options) {
  std::vector<std::string> names;
  for (const MeasuredNetwork& n : networks)
    if (std::find(names.begin(), names.end(), n.network.name) == names.end())
      names.push_back(n.network.name);
  if (names.size() < 2 || networks.size() < 3)
    throw bad_input(
        fmt::format("{} networks at {} batch sizes in all are too few to learn from; "
                    "measure two networks or more, three rows or more",
                    names.size(), networks.size()));
  const Models own = own_models(layers, options);
  const std::vector<Total> totals = make_totals(networks, layers, own);
  std::set<std::string> keys;
  for (const Total& total : totals)
    for (const auto& [key, layers_of_key] : total.layers) keys.insert(key);

  NetworkTraining training;
  Evaluation& held_out = training.held_out;
  held_out.method = own.empty() ? "network totals" : "network totals, " + options.method;
  held_out.configurations = networks.size();
  std::map<std::string, HeldOut> targets;
  const std::size_t folds = names.size() <= kMostFolds ? names.size() : kFolds;
  held_out.split = folds == names.size()
                       ? "each network left out with all its batch sizes"
                       : fmt::format("{} folds by network, seed {}", folds, options.seed);
  const auto fold_of = make_folds(names.size(), folds, options.seed);
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::set<std::string> left_out;
    for (std::size_t n = 0; n < names.size(); ++n)
      if (fold_of[n] == fold) left_out.insert(names[n]);
    DeviceModel model;
    model.layers = NetworkFit(without(totals, left_out), keys, own, options).fit();
    const Predictor predictor(std::move(model));
    for (const Total& total : totals) {
      if (!left_out.contains(total.group)) continue;
      const NetworkPrediction p = predictor.predict(*total.network);
      const auto judge = [&](const char* target, double predicted, double measured) {
        targets[target].add(total, measured, predicted);
        held_out.network_rows[target].push_back(
            {total.group, total.network->batch, predicted, 0, measured});
      };
      if (!p.runtime) continue;
      judge("runtime", in_milliseconds(p.runtime->value), total.runtime_ms);
      if (!p.power || !p.energy || !total.power_w) continue;
      judge("power", p.power->value.value(), *total.power_w);
      judge("energy", p.energy->value.value(), total.runtime_ms * 1e-3 * *total.power_w);
    }
  }
  for (const auto& [target, pairs] : targets) held_out.networks[target] = pairs.errors();
  for (auto& [target, rows] : held_out.network_rows)
    std::sort(rows.begin(), rows.end(), [](const NetworkRow& a, const NetworkRow& b) {
      return std::tie(a.network, a.batch) < std::tie(b.network, b.batch);
    });
  if (names.size() < 3)
    held_out.notes.push_back("two networks cannot tell whether the intervals hold");

  DeviceModel& model = training.model;
  model.device = options.device;
  model.source = options.source;
  model.seed = options.seed;
  model.method = held_out.method;
  model.layers = NetworkFit(without(totals, {}), keys, own, options).fit();
  for (auto& [key, models] : model.layers)
    if (!own.contains(key)) describe(key, models, totals, targets);
  describe(model, networks, layers);
  return training;
}

}  // namespace neuralpower
