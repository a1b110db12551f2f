// SPDX-License-Identifier: Apache-2.0
// Small models: what people do without a model of the device, and the models of Rodrigues, Riley
// and Lujan (2020).
//
//   macs              one constant rate: runtime = c x multiply-accumulates (bytes where there are
//                     none), the c of least relative error; power constant
//   roofline          runtime = max(flops / peak, bytes / bandwidth) (Williams et al. 2009), both
//                     rates the 95th percentile of what the samples reached; power constant
//   paleo             runtime = flops / peak + bytes / bandwidth (Qi et al. 2017), both rates those
//                     of least relative error, which is Paleo's platform percent of peak
//                     found for each kind; power constant. (paleo.h has Paleo itself, whose
//                     rates come from a data sheet.)
//   layer-type        one model per layer type with a single application-level feature
//                     (complexity 1) and an intercept, by least squares as published
//   individual-layer  the layer's own hyper-parameters and counts, chosen by the Lasso at the
//                     one-standard-error penalty
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "neuralpower/features/features.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/linear_fit.h"

namespace neuralpower {
namespace {

bool has_macs(std::string_view key) {
  static constexpr std::string_view kWithMacs[] = {"conv", "deconv", "conv3d",   "deconv3d",
                                                   "fc",   "matmul", "attention"};
  return std::find(std::begin(kWithMacs), std::end(kWithMacs), key) != std::end(kWithMacs) ||
         key.starts_with("recurrent");
}

std::string work_feature(std::string_view key) { return has_macs(key) ? "macs" : "bytes"; }

std::vector<Term> parse_terms(const std::vector<std::string>& names, std::string_view key) {
  std::vector<Term> terms;
  for (const std::string& name : names) terms.push_back(Term::parse(name, key));
  return terms;
}

// Fits rows chosen by index and says what each row's prediction is.
using FitRows = std::function<LayerModel(const std::vector<std::size_t>&)>;

// Fits all rows, and for held-out predictions all folds but one in turn.
FitResult fit_with_folds(const FitInput& input, const FitRows& fit_rows) {
  const std::size_t rows = input.features.rows;
  FitResult result;
  result.held_out.resize(rows);
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < rows; ++i) all.push_back(i);
  result.model = fit_rows(all);
  for (std::size_t fold = 0; fold < input.fold_count; ++fold) {
    std::vector<std::size_t> training;
    for (std::size_t i = 0; i < rows; ++i)
      if (input.fold_of_row[i] != fold) training.push_back(i);
    LayerModel model = fit_rows(training);
    model.key = input.key;
    const LayerFormula formula(model);
    for (std::size_t i = 0; i < rows; ++i)
      if (input.fold_of_row[i] == fold)
        result.held_out[i] = formula.evaluate({input.features.row(i), input.features.cols});
  }
  return result;
}

LayerModel one_regime(std::string_view key, Regime regime) {
  LayerModel model;
  model.key = key;
  model.regimes.push_back(std::move(regime));
  return model;
}

// The constant c that makes c x columns closest to the values in relative error:
// sum (x/y) / sum (x/y)^2.
double relative_rate(const FitInput& input, const Term& term,
                     const std::vector<std::size_t>& rows) {
  double first = 0, second = 0;
  for (std::size_t i : rows) {
    const double x = term.evaluate({input.features.row(i), input.features.cols}) / input.values[i];
    first += x;
    second += x * x;
  }
  return second > 0 ? first / second : 0;
}

LayerModel constant_model(const FitInput& input, const std::vector<std::size_t>& rows) {
  return one_regime(input.key,
                    {"always", relative_rate(input, Term::parse("1", input.key), rows), {}, {}});
}

double percentile(std::vector<double> values, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

// Least squares on the chosen rows, one term and an intercept.
LayerModel line(const FitInput& input, const std::string& name,
                const std::vector<std::size_t>& rows) {
  const Term term = Term::parse(name, input.key);
  MomentsBuilder builder(1, 1);
  double smallest = input.values[rows.front()];
  for (std::size_t i : rows) {
    const double x = term.evaluate({input.features.row(i), input.features.cols});
    builder.add(&x, &input.values[i], 1, i);
    smallest = std::min(smallest, input.values[i]);
  }
  const LinearFit fit = fit_linear(builder.finish());
  LayerModel model =
      one_regime(input.key, {"always", fit.intercept, {{name, fit.coefficients[0]}}, {}});
  model.minimum = smallest;
  return model;
}

}  // namespace

FitResult fit_macs(const FitInput& input) {
  const std::string feature = work_feature(input.key);
  return fit_with_folds(input, [&](const std::vector<std::size_t>& rows) {
    if (input.target != Target::kRuntime) return constant_model(input, rows);
    const double rate = relative_rate(input, Term::parse(feature, input.key), rows);
    return one_regime(input.key, {"always", 0, {{feature, rate}}, {}});
  });
}

FitResult fit_roofline(const FitInput& input) {
  const Term flops = Term::parse("flops", input.key), bytes = Term::parse("bytes", input.key);
  return fit_with_folds(input, [&](const std::vector<std::size_t>& rows) {
    if (input.target != Target::kRuntime) return constant_model(input, rows);
    std::vector<double> flop_rate, byte_rate;
    for (std::size_t i : rows) {
      const std::span<const double> x(input.features.row(i), input.features.cols);
      flop_rate.push_back(flops.evaluate(x) / input.values[i]);
      byte_rate.push_back(bytes.evaluate(x) / input.values[i]);
    }
    const double peak = percentile(flop_rate, 0.95), bandwidth = percentile(byte_rate, 0.95);
    LayerModel model;
    model.key = input.key;
    const Regime memory{"always", 0, {{"bytes", 1 / bandwidth}}, {}};
    if (peak > 0) {
      // At the ridge both take equally long.
      const Regime compute{
          fmt::format("intensity >= {:.17g}", peak / bandwidth), 0, {{"flops", 1 / peak}}, {}};
      model.regimes = {compute, memory};
    } else {
      model.regimes = {memory};
    }
    return model;
  });
}

FitResult fit_paleo(const FitInput& input) {
  const auto terms = parse_terms({"flops", "bytes"}, input.key);
  return fit_with_folds(input, [&](const std::vector<std::size_t>& rows) {
    if (input.target != Target::kRuntime) return constant_model(input, rows);
    MomentsBuilder builder(terms.size(), 1);
    for (std::size_t i : rows) {
      const std::span<const double> x(input.features.row(i), input.features.cols);
      const double work[] = {terms[0].evaluate(x), terms[1].evaluate(x)};
      const double weight = 1 / (input.values[i] * input.values[i]);
      builder.add(work, &input.values[i], weight, i);
    }
    LinearFitOptions options;
    options.non_negative = true;
    options.intercept = false;
    const LinearFit fit = fit_linear(builder.finish(), options);
    Regime regime{"always", 0, {}, {}};
    for (std::size_t j = 0; j < terms.size(); ++j)
      if (fit.coefficients[j] > 0)
        regime.terms.push_back({j == 0 ? "flops" : "bytes", fit.coefficients[j]});
    return one_regime(input.key, std::move(regime));
  });
}

FitResult fit_layer_type(const FitInput& input) {
  // Power grows with utilisation, which saturates: the logarithm of the work, not the work.
  const std::string feature = input.target == Target::kRuntime
                                  ? work_feature(input.key)
                                  : "log2(" + work_feature(input.key) + ")";
  return fit_with_folds(
      input, [&](const std::vector<std::size_t>& rows) { return line(input, feature, rows); });
}

FitResult fit_individual_layer(const FitInput& input) {
  std::vector<std::string> names;
  for (std::string_view name : feature_names(input.key)) {
    names.emplace_back(name);
    if (input.target != Target::kRuntime) names.push_back("log2(" + std::string(name) + ")");
  }
  const auto terms = parse_terms(names, input.key);
  const std::vector<double> columns = evaluate_terms(terms, input.features);
  const std::size_t rows = input.features.rows;
  const MatrixView x(columns.data(), rows, terms.size()), y(input.values.data(), rows, 1);
  const FoldMoments moments =
      accumulate_moments(x, y, {}, input.fold_of_row, input.fold_count, input.threads);
  const CrossValidation cv = cross_validate(moments, {}, 0, input.threads);
  const std::size_t chosen = cv.lambda_1se;
  FitResult result;
  result.held_out = held_out_errors(moments, x, y, {}, input.fold_of_row, cv.path.lambda[chosen],
                                    {}, 0, input.threads)
                        .predicted;
  Regime regime{"always", cv.path.intercept[chosen], {}, {}};
  const auto coefficients = cv.path.coefficients_at(chosen);
  for (std::size_t j = 0; j < names.size(); ++j)
    if (coefficients[j] != 0) regime.terms.push_back({names[j], coefficients[j]});
  result.model = one_regime(input.key, std::move(regime));
  const double smallest = *std::min_element(input.values.begin(), input.values.end());
  result.model.minimum = smallest;
  for (double& value : result.held_out) value = std::max(value, smallest);
  result.model.report.note = fmt::format("penalty {:.6g}", cv.path.lambda[chosen]);
  return result;
}

}  // namespace neuralpower
