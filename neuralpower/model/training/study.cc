// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/methods/neuralpower.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

using Rows = std::vector<std::size_t>;

// One key's rows, their values, and how they are dealt.
struct Problem {
  KeyData data;
  Target target = Target::kRuntime;  // of the terms: energy grows with work as runtime does
  std::vector<double> values;
  std::vector<std::uint32_t> fold_of;
  std::size_t folds = 0;
  StudyOptions options;

  Rows rows(bool held_out, std::size_t fold) const {
    Rows chosen;
    for (std::size_t i = 0; i < values.size(); ++i)
      if ((fold_of[i] == fold) == held_out) chosen.push_back(i);
    return chosen;
  }
};

// Fits the training rows; says what the model predicts of any row and how many terms it has.
using Fit = std::function<KeyModels(const KeyData&)>;

StudyPoint judge(const Problem& problem, const std::vector<double>& predicted, double terms) {
  return {terms, error_metrics(problem.values, predicted)};
}

StudyPoint outer_folds(const Problem& problem, const Fit& fit) {
  std::vector<double> predicted(problem.values.size());
  double terms = 0;
  for (std::size_t fold = 0; fold < problem.folds; ++fold) {
    DeviceModel model;
    KeyModels& models = model.layers[problem.data.key];
    models = fit(select_rows(problem.data, problem.rows(false, fold)));
    const bool power = problem.target == Target::kPower;
    terms += count_terms(power ? *models.power : *models.runtime);
    const Predictor predictor(std::move(model));
    for (const std::size_t i : problem.rows(true, fold)) {
      const LayerPrediction p = predictor.predict_layer(problem.data.rows[i].layer);
      predicted[i] = power ? p.power->value.value() : in_milliseconds(p.runtime->value);
    }
  }
  return judge(problem, predicted, terms / static_cast<double>(problem.folds));
}

TrainOptions train_options(const StudyOptions& options) {
  TrainOptions train;
  train.folds = options.folds;
  train.seed = options.seed;
  train.threads = options.threads;
  return train;
}

KeyModels fit_method(const Problem& problem, const char* method, const KeyData& data) {
  TrainOptions train = train_options(problem.options);
  train.method = method;
  return fit_key_models(data, train);
}

// The Lasso on given terms from the largest penalty to the smallest: a point for every doubling of
// the number of terms. As published: absolute squares, no value below the smallest measured; or
// `relative`, every row weighing 1 / value^2.
std::vector<StudyPoint> lasso_curve(const Problem& problem, const std::vector<std::string>& names,
                                    bool relative) {
  std::vector<Term> terms;
  for (const std::string& name : names) terms.push_back(Term::parse(name, problem.data.key));
  const std::size_t rows = problem.values.size();
  const std::vector<double> columns = evaluate_terms(terms, problem.data.feature_view());
  const MatrixView x(columns.data(), rows, terms.size()), y(problem.values.data(), rows, 1);
  std::vector<double> weights;
  for (const double value : problem.values) weights.push_back(relative ? 1 / (value * value) : 1);
  const FoldMoments moments =
      accumulate_moments(x, y, weights, problem.fold_of, problem.folds, problem.options.threads);
  const CrossValidation cv = cross_validate(moments, {}, 0, problem.options.threads);
  std::vector<double> smallest(problem.folds,
                               *std::max_element(problem.values.begin(), problem.values.end()));
  for (std::size_t fold = 0; fold < problem.folds; ++fold)
    for (const std::size_t i : problem.rows(false, fold))
      smallest[fold] = std::min(smallest[fold], problem.values[i]);
  const auto point = [&](std::size_t penalty) {
    std::vector<double> predicted(rows);
    double count = 0;
    for (std::size_t fold = 0; fold < problem.folds; ++fold) {
      const LassoPath& path = cv.fold_paths[fold];
      const auto coefficients = path.coefficients_at(penalty);
      count += static_cast<double>(path.nonzeros[penalty]);
      for (const std::size_t i : problem.rows(true, fold)) {
        double value = path.intercept[penalty];
        for (std::size_t j = 0; j < terms.size(); ++j) value += coefficients[j] * x.at(i, j);
        predicted[i] = std::max(value, smallest[fold]);
      }
    }
    return judge(problem, predicted, count / static_cast<double>(problem.folds));
  };
  std::set<std::size_t> penalties = {cv.path.size() - 1};
  if (terms.size() > 1) penalties.insert(cv.lambda_min);
  for (std::size_t count = 1; count < terms.size(); count *= 2) {
    std::size_t last = 0;
    for (std::size_t k = 0; k < cv.path.size(); ++k)
      if (cv.path.nonzeros[k] > 0 && cv.path.nonzeros[k] <= count) last = k;
    if (last > 0) penalties.insert(last);
  }
  std::vector<StudyPoint> points;
  for (const std::size_t penalty : penalties) points.push_back(point(penalty));
  return points;
}

// The one feature of a layer type: its work; for power, which grows with utilisation, the
// logarithm.
std::string work_of(const std::string& key, Target target) {
  const bool counts = key == "conv" || key == "deconv" || key == "fc" || key == "matmul";
  const std::string work = counts ? "macs" : "bytes";
  return target == Target::kPower ? "log2(" + work + ")" : work;
}

// The layer's own hyper-parameters and counts, as `individual-layer` has them.
std::vector<std::string> individual_terms(const std::string& key, Target target) {
  std::vector<std::string> names;
  for (const std::string_view name : feature_names(key)) {
    names.emplace_back(name);
    if (target == Target::kPower) names.push_back("log2(" + std::string(name) + ")");
  }
  return names;
}

StudyOfKey study_key(const Problem& problem) {
  StudyOfKey study;
  study.key = problem.data.key;
  study.rows = problem.values.size();
  const auto by_method = [&](const char* method, const char* what) {
    const auto fit = [&](const KeyData& data) { return fit_method(problem, method, data); };
    study.curves.push_back({method, what, {outer_folds(problem, fit)}});
  };
  const auto by_terms = [&](const std::string& method, const std::string& what,
                            const std::vector<std::string>& names) {
    study.curves.push_back({method, what, lasso_curve(problem, names, false)});
    study.curves.push_back({method + ", relative", what, lasso_curve(problem, names, true)});
  };
  by_method("macs", "a constant rate");
  by_method("roofline", "two rates");
  by_terms("layer-type", "one feature per layer type", {work_of(study.key, problem.target)});
  by_terms("individual-layer", "hyper-parameters, from many to few by the penalty",
           individual_terms(study.key, problem.target));
  by_terms("neuralpower-2017", "polynomials, from many to few by the penalty",
           published_terms(study.key, problem.target, published_degree(study.key, problem.target)));
  StudyCurve own{"neuralpower", "the physical sum; with its correction", {}};
  if (problem.target != Target::kPower)
    own.points.push_back(outer_folds(problem, [&](const KeyData& data) {
      return fit_physical_sum(data, train_options(problem.options));
    }));
  own.points.push_back(outer_folds(
      problem, [&](const KeyData& data) { return fit_method(problem, "neuralpower", data); }));
  study.curves.push_back(std::move(own));

  StudyComparison& c = study.comparison;
  bool first = true;
  const auto published = std::span(study.curves).first(study.curves.size() - 1);
  for (const StudyCurve& curve : published)
    for (const StudyPoint& p : curve.points)
      if (first || p.accuracy() > c.best.accuracy()) {
        c.best = p;
        c.best_method = curve.method;
        first = false;
      }
  c.small = c.best;
  c.small_method = c.best_method;
  for (const StudyCurve& curve : published)
    for (const StudyPoint& p : curve.points)
      if (p.accuracy() >= c.best.accuracy() - problem.options.similar && p.terms < c.small.terms) {
        c.small = p;
        c.small_method = curve.method;
      }
  return study;
}

// The rows that have the target, with it in place of the runtime where it is energy.
Problem make_problem(const KeyData& data, const StudyOptions& options) {
  Problem problem;
  problem.options = options;
  problem.data = options.target == Target::kRuntime ? data : select_rows(data, metered_rows(data));
  KeyData& rows = problem.data;
  if (options.target == Target::kPower) {
    problem.target = Target::kPower;
    problem.values = rows.power_w;
  } else {
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      // Energies in mJ, which the formulas take for ms.
      if (options.target == Target::kEnergy) rows.runtime_ms[i] *= rows.power_w[i];
      rows.rows[i].runtime = milliseconds(rows.runtime_ms[i]);
      rows.rows[i].power.reset();
      rows.power_w[i] = 0;
    }
    problem.values = rows.runtime_ms;
  }
  if (problem.values.size() < 2 * kMinimumRows) {
    problem.values.clear();
    return problem;
  }
  problem.folds = std::min(options.folds, problem.values.size());
  problem.fold_of = make_folds(problem.values.size(), problem.folds, options.seed);
  return problem;
}

}  // namespace

KeyModels fit_physical_sum(const KeyData& data, const TrainOptions& options) {
  NeuralPowerOptions sum;
  sum.full_costs = sum.corrections = false;
  FitInput input;
  input.key = data.key;
  input.features = data.feature_view();
  input.values = data.runtime_ms;
  input.fold_count = std::min(options.folds, data.rows.size());
  const auto folds = make_folds(data.rows.size(), input.fold_count, options.seed);
  input.fold_of_row = folds;
  input.seed = options.seed;
  input.threads = options.threads;
  KeyModels models;
  models.runtime = fit_neuralpower(input, sum).model;
  return models;
}

Study study_complexity(const std::vector<Sample>& samples, const StudyOptions& options,
                       const TrainProgress& progress) {
  Study study;
  study.target = options.target;
  study.similar = options.similar;
  study.split = fmt::format("{} folds by configuration, seed {}", options.folds, options.seed);
  const auto groups = group_by_key(samples);
  double rows = 0, done = 0;
  for (const auto& [key, data] : groups) rows += static_cast<double>(data.rows.size());
  for (const std::string& key : options.keys)
    if (!groups.contains(key)) throw usage_error("--kind " + key + ": there are no such samples");
  for (const auto& [key, data] : groups) {
    const auto& wanted = options.keys;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), key) == wanted.end()) continue;
    const Problem problem = make_problem(data, options);
    if (problem.values.empty()) {
      study.notes.push_back(fmt::format("{}: fewer than {} configurations with {}", key,
                                        2 * kMinimumRows, to_string(options.target)));
      continue;
    }
    if (progress) progress(done / rows, key);
    done += static_cast<double>(data.rows.size());
    study.keys.push_back(study_key(problem));
  }
  if (study.keys.empty())
    throw bad_input(fmt::format("no kind of layer has {} configurations with {}", 2 * kMinimumRows,
                                to_string(options.target)));
  return study;
}

}  // namespace neuralpower
