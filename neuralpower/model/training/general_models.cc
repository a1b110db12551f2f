// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/general_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "neuralpower/features/features.h"
#include "neuralpower/model/training/intervals.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/linear_fit.h"

namespace neuralpower {
namespace {

constexpr std::size_t kLeastRows = 5;

double median(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  return values[half];
}

struct Row {
  std::string_view key;
  std::vector<double> features;
  double runtime_ms = 0, power_w = 0;
};

std::vector<std::string> terms_of(std::string_view general) {
  if (general == "any.product") return {"1", "macs", "in_bytes", "out_bytes", "weight_bytes"};
  return {"1", "in_bytes", "out_bytes", "weight_bytes", "flops"};
}

// Relative least squares with non-negative coefficients over the rows of all keys but one; every
// key counts the same, however many rows it has.
LayerModel fit_runtime(const std::string& general, const std::vector<Row>& rows,
                       std::string_view but) {
  const std::vector<std::string> names = terms_of(general);
  std::vector<Term> terms;
  for (const std::string& name : names) terms.push_back(Term::parse(name, general));
  std::map<std::string_view, double> count;
  for (const Row& row : rows) ++count[row.key];
  MomentsBuilder builder(terms.size(), 1);
  std::vector<double> values(terms.size());
  const double one = 1;
  double fastest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].key == but) continue;
    for (std::size_t j = 0; j < terms.size(); ++j)
      values[j] = terms[j].evaluate(rows[i].features) / rows[i].runtime_ms;
    builder.add(values.data(), &one, 1 / count[rows[i].key], i + 1);
    fastest = fastest == 0 ? rows[i].runtime_ms : std::min(fastest, rows[i].runtime_ms);
  }
  LinearFitOptions options;
  options.ridge = 1e-6;
  options.non_negative = true;
  options.intercept = false;
  const LinearFit fit = fit_linear(builder.finish(), options);
  LayerModel model;
  model.key = general;
  Regime regime;
  regime.when = "always";
  regime.intercept = fit.coefficients[0];
  for (std::size_t j = 1; j < names.size(); ++j)
    if (fit.coefficients[j] > 0) regime.terms.push_back({names[j], fit.coefficients[j]});
  model.regimes = {regime};
  model.minimum = 0.1 * fastest;
  return model;
}

LayerModel constant_power(const std::string& key, double watts) {
  LayerModel model;
  model.key = key;
  model.target = Target::kPower;
  Regime regime;
  regime.when = "always";
  regime.intercept = watts;
  model.regimes = {regime};
  model.report.note = "the median";
  return model;
}

void report_errors(LayerModel& model, const std::vector<double>& truth,
                   const std::vector<double>& held_out) {
  model.interval = conformal_bands(truth, held_out);
  const ErrorMetrics errors = error_metrics(truth, held_out);
  model.report.rows = static_cast<int>(truth.size());
  model.report.terms = count_terms(model);
  model.report.rmspe = errors.rmspe;
  model.report.rmse = errors.rmse;
  model.report.mape = errors.mape;
  model.report.within10 = errors.within10;
}

KeyModels fit_general(const std::string& general, const std::vector<Row>& rows) {
  std::set<std::string_view> keys;
  for (const Row& row : rows) keys.insert(row.key);
  std::vector<double> truth, held_out, power;
  for (std::string_view key : keys) {
    const LayerFormula others(fit_runtime(general, rows, keys.size() > 1 ? key : ""));
    for (const Row& row : rows) {
      if (row.key != key) continue;
      truth.push_back(row.runtime_ms);
      held_out.push_back(others.evaluate(row.features));
      if (row.power_w > 0) power.push_back(row.power_w);
    }
  }
  KeyModels models;
  models.runtime = fit_runtime(general, rows, "");
  models.runtime->report.note = "all kinds together; errors are of kinds left out";
  report_errors(*models.runtime, truth, held_out);
  if (power.size() >= kLeastRows) {
    models.power = constant_power(general, median(power));
    report_errors(*models.power, power, std::vector<double>(power.size(), median(power)));
  }
  return models;
}

// Without their fixed part; where that is most of the time, no rate can be told.
double ratio_of_rates(double measured_ms, double general_ms, double fixed_ms) {
  if (general_ms < 2 * fixed_ms) return measured_ms / general_ms;
  return std::max(0.1 * measured_ms, measured_ms - fixed_ms) / (general_ms - fixed_ms);
}

Regime scaled(Regime regime, double ratio) {
  for (WeightedTerm& term : regime.terms) term.coefficient *= ratio;
  return regime;
}

bool has_sum(const KeyData& data, std::size_t row) {
  const auto names = feature_names(data.key);
  const auto at = std::find(names.begin(), names.end(), "adds");
  return at != names.end() &&
         data.features[row * data.feature_count + static_cast<std::size_t>(at - names.begin())] > 0;
}

}  // namespace

std::map<std::string, KeyModels> fit_general_models(const std::map<std::string, KeyData>& groups) {
  std::map<std::string, std::vector<Row>> rows;
  for (const auto& [key, data] : groups)
    for (std::size_t i = 0; i < data.rows.size(); ++i)
      rows[general_key(data.rows[i].layer)].push_back(
          {key, extract_general_features(data.rows[i].layer), data.runtime_ms[i], data.power_w[i]});
  std::map<std::string, KeyModels> models;
  for (const auto& [general, some] : rows)
    if (some.size() >= kLeastRows) models[general] = fit_general(general, some);
  return models;
}

KeyModels scale_general_model(const std::map<std::string, KeyModels>& general,
                              const KeyData& data) {
  const auto found = general.find(general_key(data.rows.front().layer));
  if (found == general.end()) return {};
  const LayerFormula formula(*found->second.runtime);
  // What a layer costs before it does anything is much the same for all kinds: only the rates are
  // scaled. Layers with a sum in front may be other kernels altogether: a ratio for each.
  const double fixed = found->second.runtime->regimes.front().intercept;
  std::map<bool, std::vector<double>> ratios;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const double general_ms = formula.evaluate(extract_general_features(data.rows[i].layer));
    ratios[has_sum(data, i)].push_back(ratio_of_rates(data.runtime_ms[i], general_ms, fixed));
  }
  KeyModels models;
  models.runtime = found->second.runtime;
  LayerModel& runtime = *models.runtime;
  runtime.key = data.key;
  const Regime unscaled = runtime.regimes.front();
  runtime.regimes.clear();
  std::string note;
  for (auto at = ratios.rbegin(); at != ratios.rend(); ++at) {
    const bool is_last = std::next(at) == ratios.rend();
    const double ratio = median(at->second);
    runtime.regimes.push_back(scaled(unscaled, ratio));
    if (!is_last) runtime.regimes.back().when = "adds>0";
    note += fmt::format("{}{:.3g}", note.empty() ? "" : " with a sum, else times ", ratio);
  }
  runtime.minimum.reset();
  runtime.report = {};
  runtime.report.rows = static_cast<int>(data.rows.size());
  runtime.report.terms = count_terms(runtime);
  runtime.report.note = "too few samples: the general model times " + note;
  if (const auto metered = metered_rows(data); !metered.empty())
    models.power = constant_power(data.key, median(select_rows(data, metered).power_w));
  return models;
}

}  // namespace neuralpower
