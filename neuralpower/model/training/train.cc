// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/train.h"

#include <fmt/format.h>
#include <sha256.h>

#include <algorithm>
#include <array>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/stack.h"
#include "neuralpower/model/training/general_models.h"
#include "neuralpower/model/training/intervals.h"
#include "neuralpower/model/training/software_stacks.h"
#include "neuralpower/network/fusion_rules.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

// Features that the model's terms look at: only these can carry it out of its range.
std::set<std::size_t> features_used(const LayerModel& model) {
  std::set<std::size_t> used;
  const auto names = feature_names(model.key, model.target);
  const auto look_at = [&](const std::vector<WeightedTerm>& terms) {
    for (const WeightedTerm& t : terms) {
      const Term term = Term::parse(t.term, names, model.key);
      for (const TermNode& node : term.nodes())
        if (node.kind == TermNode::Kind::kFeature) used.insert(node.a);
    }
  };
  for (const Regime& regime : model.regimes) {
    look_at(regime.terms);
    look_at(regime.log_terms);
  }
  return used;
}

std::vector<FeatureRange> ranges_of(const KeyData& data, const LayerModel& model) {
  std::vector<FeatureRange> ranges;
  const auto names = feature_names(data.key);
  for (const std::size_t j : features_used(model)) {
    if (j >= data.feature_count) continue;  // the predicted runtime, which power looks at
    FeatureRange range{std::string(names[j]), data.features[j], data.features[j]};
    for (std::size_t i = 0; i < data.rows.size(); ++i) {
      const double x = data.features[i * data.feature_count + j];
      range.low = std::min(range.low, x);
      range.high = std::max(range.high, x);
    }
    ranges.push_back(std::move(range));
  }
  return ranges;
}

// Order of rows does not matter to the hash, their content does.
std::string samples_sha256(const std::map<std::string, KeyData>& groups) {
  std::vector<std::string> lines;
  for (const auto& [key, data] : groups)
    for (const ReducedSample& row : data.rows)
      lines.push_back(row.text + "," + format_double(row.runtime.value()) + "," +
                      (row.power ? format_double(row.power->value()) : "") + "\n");
  std::sort(lines.begin(), lines.end());
  SHA2_CTX context;
  SHA256Init(&context);
  for (const std::string& line : lines)
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(line.data()), line.size());
  std::array<char, SHA256_DIGEST_STRING_LENGTH> digest{};
  SHA256End(&context, digest.data());
  return digest.data();
}

std::string joined_software(const std::vector<Sample>& samples) {
  std::set<std::string> all;
  for (const Sample& sample : samples)
    if (!sample.software.empty()) all.insert(sample.software);
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "; ") + one;
  return text;
}

double median_or_zero(std::vector<double> values) {
  if (values.empty()) return 0;
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  return values[half];
}

// What the stack does to a network: the rules known of it, the chains that the samples show, and
// what it spends between layers.
void describe_stack(DeviceModel& model, const std::vector<Sample>& samples) {
  StackRules rules;
  for (const Sample& sample : samples)
    if (rules.fusion.empty()) rules = rules_of_software(sample.software);
  FusionRules known = FusionRules::parse(rules.fusion);
  std::set<std::string> seen;
  std::vector<double> around, views;
  for (const Sample& sample : samples) {
    if (sample.overhead > Seconds(0)) around.push_back(sample.overhead.value());
    if (is_free(sample.layer)) views.push_back(sample.runtime.value());
    // A sum in front of a norm is a step of it too, but no chain.
    if (!sample.layer.post.empty() && !std::holds_alternative<Normalization>(sample.layer.op))
      seen.insert(chain_of(sample.layer));
  }
  for (const std::string& chain : seen)
    if (!known.chains.contains(chain)) rules.fusion.push_back(chain);
  model.fusion = std::move(rules.fusion);
  model.layout = std::move(rules.layout);
  model.overhead.node = Seconds(median_or_zero(std::move(around)));
  model.overhead.view = Seconds(median_or_zero(std::move(views)));
}

struct FittedModel {
  LayerModel model;
  std::vector<double> held_out;  // a row, by a fit that did not see it
};

// What a power model sees: the features, and what the runtime model says of each row. The time is
// the held-out one, as wrong as that of a layer to be predicted.
std::vector<double> power_features(const KeyData& data, const FittedModel& runtime) {
  const LayerFormula formula(runtime.model);
  std::vector<double> features;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const std::span<const double> row(data.features.data() + i * data.feature_count,
                                      data.feature_count);
    features.insert(features.end(), row.begin(), row.end());
    features.push_back(runtime.held_out[i]);
    features.push_back(formula.evaluate_with_cost(row).cost);
  }
  return features;
}

FittedModel fit_target(const KeyData& data, Target target, const TrainOptions& options,
                       const MatrixView& features) {
  const Method& method = find_method(options.method);
  FitInput input;
  input.key = data.key;
  input.target = target;
  input.features = features;
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
  model.ranges = ranges_of(data, model);
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

}  // namespace

KeyModels fit_key_models(const KeyData& data, const TrainOptions& options) {
  KeyModels models;
  const FittedModel runtime = fit_target(data, Target::kRuntime, options, data.feature_view());
  models.runtime = runtime.model;
  if (!data.has_power()) return models;
  const std::vector<double> features = power_features(data, runtime);
  const FittedModel power =
      fit_target(data, Target::kPower, options,
                 {features.data(), data.rows.size(), data.feature_count + kRuntimeFeatureCount});
  models.power = power.model;
  // Errors of runtime and power are not independent, so the energy's interval is its own.
  std::vector<double> energy, predicted;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    energy.push_back(data.runtime_ms[i] * 1e-3 * data.power_w[i]);
    predicted.push_back(runtime.held_out[i] * 1e-3 * power.held_out[i]);
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
  model.samples_sha256 = samples_sha256(groups);
  const bool any_key_is_large = std::any_of(groups.begin(), groups.end(), [](const auto& group) {
    return group.second.rows.size() >= kMinimumRows;
  });
  if (!any_key_is_large)
    throw bad_input(
        fmt::format("no kind of layer has {} or more different configurations", kMinimumRows));
  model.general = fit_general_models(groups);
  describe_stack(model, samples);
  bool any_power = false;
  for (const auto& [key, data] : groups) {
    KeyModels models;
    if (data.rows.size() < kMinimumRows) {
      models = scale_general_model(model.general, data);
      if (!models.runtime) continue;
    } else {
      if (progress) progress(rows_done / rows, key);
      rows_done += static_cast<double>(data.rows.size());
      models = fit_key_models(data, options);
    }
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
  if (!any_power)
    model.no_power = "the samples have no power: no meter was read when they were measured";
  return model;
}

}  // namespace neuralpower
