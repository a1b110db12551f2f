// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/stack.h"
#include "neuralpower/model/training/general_models.h"
#include "neuralpower/model/training/intervals.h"
#include "neuralpower/model/training/provenance.h"
#include "neuralpower/model/training/software_stacks.h"
#include "neuralpower/network/fusion_rules.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

std::string joined_software(const std::vector<Sample>& samples) {
  std::set<std::string> all;
  for (const Sample& sample : samples)
    if (!sample.software.empty()) all.insert(sample.software);
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "; ") + one;
  return text;
}

// The other device's formula alone, to be the base of this one's.
std::shared_ptr<const LayerModel> base_of(const LayerModel& model) {
  if (model.base)
    throw bad_input("the model of " + model.key +
                    " was adapted itself; adapt from one that was trained on its own device");
  auto base = std::make_shared<LayerModel>(model);
  base->ranges.clear();
  base->interval.clear();
  base->report = {};
  return base;
}

// The other device's models of this key; empty if there are none.
KeyModels bases_of(const std::string& key, const TrainOptions& options) {
  if (!options.from) return {};
  const auto found = options.from->layers.find(key);
  return found == options.from->layers.end() ? KeyModels{} : found->second;
}

double median_or_zero(std::vector<double> values) {
  if (values.empty()) return 0;
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  return values[half];
}

// What a run spends around a node. It grows with what the nodes touch, so networks of large nodes,
// for whose time it matters little, would spoil it for those of small ones: of the networks'
// medians the median, each weighing as much as its share of the network's time.
Seconds overhead_of_node(const std::vector<Sample>& samples) {
  struct OfNetwork {
    std::vector<double> around;
    double outside = 0, inside = 0;
  };
  std::map<std::string, OfNetwork> networks;
  for (const Sample& sample : samples) {
    if (sample.overhead <= Seconds(0)) continue;
    OfNetwork& network = networks[sample.network];
    network.around.push_back(sample.overhead.value());
    network.outside += sample.overhead.value();
    network.inside += sample.runtime.value();
  }
  std::vector<std::pair<double, double>> medians;  // and their weights
  double all = 0;
  for (auto& [name, network] : networks) {
    const double share = network.outside / (network.outside + network.inside);
    medians.emplace_back(median_or_zero(std::move(network.around)), share);
    all += share;
  }
  std::sort(medians.begin(), medians.end());
  double passed = 0;
  for (const auto& [median, share] : medians)
    if ((passed += share) >= all / 2) return Seconds(median);
  return Seconds(0);
}

// What the stack does to a network: the rules known of it, the chains that the samples show, and
// what it spends between layers.
void describe_stack(DeviceModel& model, const std::vector<Sample>& samples) {
  StackRules rules;
  for (const Sample& sample : samples)
    if (rules.fusion.empty()) rules = rules_of_software(sample.software);
  FusionRules known = FusionRules::parse(rules.fusion);
  std::set<std::string> seen;
  std::vector<double> views;
  for (const Sample& sample : samples) {
    if (is_free(sample.layer)) views.push_back(sample.runtime.value());
    // A sum in front of a norm is a step of it too, but no chain.
    if (!sample.layer.post.empty() && !std::holds_alternative<Normalization>(sample.layer.op))
      seen.insert(chain_of(sample.layer));
  }
  for (const std::string& chain : seen)
    if (!known.chains.contains(chain)) rules.fusion.push_back(chain);
  model.fusion = std::move(rules.fusion);
  model.layout = std::move(rules.layout);
  model.overhead.node = overhead_of_node(samples);
  model.overhead.view = Seconds(median_or_zero(std::move(views)));
}

struct FittedModel {
  LayerModel model;
  std::vector<double> held_out;  // a row, by a fit that did not see it
};

std::span<const double> row_features(const KeyData& data, std::size_t row) {
  return {data.features.data() + row * data.feature_count, data.feature_count};
}

// What a runtime model sees: the features, and what the base says of each row.
std::vector<double> runtime_features(const KeyData& data, const std::optional<LayerModel>& base) {
  if (!base) return data.features;
  const LayerFormula formula(*base);
  std::vector<double> features;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const auto row = row_features(data, i);
    features.insert(features.end(), row.begin(), row.end());
    features.push_back(formula.evaluate(row));
  }
  return features;
}

// What a power model sees: the features, and what the runtime model says of each row. The times
// are the held-out ones, as wrong as that of a layer to be predicted. Last what the base says,
// which sees what the runtime's base said.
std::vector<double> power_features(const KeyData& data, const LayerModel& runtime,
                                   std::span<const double> times,
                                   const std::optional<LayerModel>& base) {
  const LayerFormula formula(runtime);
  std::optional<LayerFormula> base_formula;
  if (base) base_formula.emplace(*base);
  std::vector<double> features;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const auto row = row_features(data, i);
    const FormulaValue value = formula.evaluate_with_cost(row);
    features.insert(features.end(), row.begin(), row.end());
    features.push_back(times[i]);
    features.push_back(value.cost);
    if (!base) continue;
    std::vector<double> seen_by_base(row.begin(), row.end());
    append_runtime(seen_by_base, {value.base_value, value.base_cost});
    features.push_back(base_formula->evaluate(seen_by_base));
  }
  return features;
}

FittedModel fit_target(const KeyData& data, Target target, const TrainOptions& options,
                       const std::vector<double>& features, const std::optional<LayerModel>& base) {
  const Method& method = find_method(options.method);
  if (base && !method.adapts)
    throw usage_error("--method " + options.method + " cannot adapt another device's model");
  FitInput input;
  input.key = data.key;
  input.target = target;
  input.features = {features.data(), data.rows.size(), features.size() / data.rows.size()};
  input.adapted = base.has_value();
  const std::vector<double>& values = target == Target::kRuntime ? data.runtime_ms : data.power_w;
  input.values = values;
  input.fold_count = std::min(options.folds, data.rows.size());
  const auto folds = make_folds(data.rows.size(), input.fold_count, options.seed);
  input.fold_of_row = folds;
  input.seed = options.seed;
  input.threads = options.threads;

  FitResult fit = method.fit(input);
  LayerModel model = std::move(fit.model);
  model.key = data.key;
  model.target = target;
  if (base) model.base = base_of(*base);
  model.ranges = training_ranges(model, data.features);
  model.interval = conformal_bands(values, fit.held_out);
  const ErrorMetrics errors = error_metrics(values, fit.held_out);
  model.report.rows = static_cast<int>(data.rows.size());
  model.report.terms = count_terms(model);
  model.report.rmspe = errors.rmspe;
  model.report.rmse = errors.rmse;
  model.report.mape = errors.mape;
  model.report.within10 = errors.within10;
  return {std::move(model), std::move(fit.held_out)};
}

std::string why_no_power(const std::map<std::string, KeyData>& groups) {
  std::size_t rows = 0, metered = 0;
  for (const auto& [key, data] : groups) {
    rows += data.rows.size();
    metered += metered_rows(data).size();
  }
  if (metered == 0) return "the samples have no power: no meter was read when they were measured";
  return fmt::format("{} of {} configurations have a power, too few of one kind for a model",
                     metered, rows);
}

// A few rows that are all about as large cannot tell a fixed cost from a rate.
bool is_narrow(const KeyData& data) {
  constexpr std::size_t kFew = 20;
  constexpr double kSpan = 4;
  if (data.rows.size() >= kFew) return false;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const ReducedSample& row : data.rows) {
    const Work work = count_work(row.layer);
    const auto size = static_cast<double>(work.macs > 0 ? work.macs : work.bytes());
    least = std::min(least, size);
    most = std::max(most, size);
  }
  return most < kSpan * least;
}

}  // namespace

KeyModels fit_key_models(const KeyData& data, const TrainOptions& options) {
  KeyModels models;
  KeyModels bases = bases_of(data.key, options);
  const FittedModel runtime = fit_target(data, Target::kRuntime, options,
                                         runtime_features(data, bases.runtime), bases.runtime);
  models.runtime = runtime.model;
  const std::vector<std::size_t> metered = metered_rows(data);
  if (metered.size() < kMinimumRows) return models;
  if (!bases.runtime) bases.power.reset();
  const KeyData with_power = select_rows(data, metered);
  std::vector<double> times;
  for (const std::size_t i : metered) times.push_back(runtime.held_out[i]);
  const FittedModel power =
      fit_target(with_power, Target::kPower, options,
                 power_features(with_power, *models.runtime, times, bases.power), bases.power);
  models.power = power.model;
  // Errors of runtime and power are not independent, so the energy's interval is its own.
  std::vector<double> energy, predicted;
  for (std::size_t i = 0; i < metered.size(); ++i) {
    energy.push_back(with_power.runtime_ms[i] * 1e-3 * with_power.power_w[i]);
    predicted.push_back(times[i] * 1e-3 * power.held_out[i]);
  }
  models.energy_interval = conformal_bands(energy, predicted);
  return models;
}

DeviceModel train_device_model(const std::vector<Sample>& samples, const TrainOptions& options,
                               const TrainProgress& progress) {
  find_method(options.method);  // a misspelt one is told before anything else
  const std::map<std::string, KeyData> groups = group_by_key(samples);
  double rows = 0, rows_done = 0;
  for (const auto& [key, data] : groups)
    if (data.rows.size() >= kMinimumRows) rows += static_cast<double>(data.rows.size());
  DeviceModel model;
  model.device = options.device;
  model.software = joined_software(samples);
  model.method = options.method;
  model.source = options.source;
  model.seed = options.seed;
  if (options.from) model.adapted_from = options.from->device;
  std::vector<std::string> lines;
  for (const auto& [key, data] : groups)
    for (const ReducedSample& row : data.rows) lines.push_back(sample_line(row));
  model.samples_sha256 = lines_sha256(std::move(lines));
  const bool any_key_is_large = std::any_of(groups.begin(), groups.end(), [](const auto& group) {
    return group.second.rows.size() >= kMinimumRows;
  });
  if (!any_key_is_large) throw too_few_configurations(groups, kMinimumRows);
  model.general = fit_general_models(groups);
  describe_stack(model, samples);
  const bool estimates = !options.from && options.method == TrainOptions().method;
  bool any_power = false;
  for (const auto& [key, data] : groups) {
    KeyModels models;
    if (data.rows.size() < kMinimumRows || (estimates && is_narrow(data))) {
      models = scale_general_model(model.general, data);
      if (!models.runtime) continue;
    } else {
      if (progress) progress(rows_done / rows, key);
      rows_done += static_cast<double>(data.rows.size());
      models = fit_key_models(data, options);
    }
    for (const ReducedSample& row : data.rows) models.data_types.insert(row.layer.dtype);
    for (const ReducedSample& row : data.rows)
      if (std::string variant = variant_of(row.layer, model.layout); !variant.empty())
        models.variants.insert(std::move(variant));
    model.layers[key] = models;
    any_power = any_power || models.power;
    model.configurations += static_cast<int>(data.rows.size());
    for (const ReducedSample& row : data.rows)
      model.trained_on.push_back(configuration_hash(row.text));
  }
  std::sort(model.trained_on.begin(), model.trained_on.end());
  if (!any_power) model.no_power = why_no_power(groups);
  return model;
}

}  // namespace neuralpower
