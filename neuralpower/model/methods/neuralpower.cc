// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/neuralpower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/methods/neuralpower_columns.h"
#include "neuralpower/regression/folds.h"
#include "neuralpower/regression/linear_fit.h"
#include "neuralpower/regression/parallel.h"
#include "neuralpower/regression/relative_noise.h"

namespace neuralpower {
namespace {

using Rows = std::vector<std::size_t>;

class NeuralPowerFit {
 public:
  NeuralPowerFit(const FitInput& input, const NeuralPowerOptions& options)
      : input_(input),
        options_(options),
        rows_(input.features.rows),
        weights_(rows_, 1.0),
        columns_(input, options),
        costs_(columns_.costs()),
        scaled_(columns_.quantities()) {
    for (const double y : input.values)
      if (!(y > 0) || !std::isfinite(y))
        throw bad_input("a measured value is not positive: relative errors need positive ones");
    lowest_cost_ = 1e-3 * *std::min_element(input.values.begin(), input.values.end());
  }

  FitResult fit();

 private:
  enum class Base { kNone, kSmall, kFull };
  struct Candidate {
    Base base = Base::kNone;
    double rate = 0;     // 0: no correction
    bool refits = true;  // of its correction, too
  };
  struct Trial {
    Candidate candidate;
    bool refit = false;
    std::size_t stage = 0;  // the number of products, or of the refit's penalty
    double share = 1;       // of the correction
    double error = 0;
    std::vector<double> held_out, losses;
  };
  // The corrections that a choice is made from: those after each number of boosted products, or
  // those of a refit's penalties. `losses` are on the rows held out: for each share that may be
  // taken of the correction the sum over rows at every stage.
  struct Corrections {
    double low = 0, high = 0;  // at the last stage, in training
    std::vector<std::vector<double>> losses;

    // `stages` of a row.
    double factor(const std::vector<double>& stages, std::size_t stage, double share) const {
      return std::exp(share * std::clamp(stages[std::min(stage, stages.size() - 1)], low, high));
    }
  };
  // A candidate fitted without one fold.
  struct FoldFit {
    std::vector<double> coefficients;      // of the costs
    BoostedGates gates;                    // an intercept alone without correction
    std::vector<RelativeLassoFit> refits;  // of the gates' products
    Corrections boosted, refitted;

    Corrections& corrections(bool refit) { return refit ? refitted : boosted; }
    const Corrections& corrections(bool refit) const { return refit ? refitted : boosted; }
    // The correction of a row at every stage.
    void stages(const double* row, bool refit, std::vector<double>& stages) const;
  };
  struct Folds {
    std::vector<Rows> training, held_out;
  };

  std::vector<Candidate> candidates() const;
  std::size_t width(Base base) const;
  std::vector<double> fit_costs(const Rows& rows, Base base) const;
  double cost(std::size_t row, const std::vector<double>& coefficients) const;
  // What is corrected: the cost, or 1.
  double base_of(const Candidate& candidate, std::size_t row,
                 const std::vector<double>& coefficients) const {
    return candidate.base == Base::kNone ? 1.0 : cost(row, coefficients);
  }
  std::vector<double> weights_of(const Rows& rows) const;
  std::vector<double> log_ratios(const Rows& rows, const std::vector<double>& coefficients,
                                 Base base) const;
  GateColumns gate_columns(const Rows& rows) const;
  BoostOptions boost_options(double rate, std::size_t rounds) const;
  std::vector<RelativeLassoFit> refit(const BoostedGates& gates, const Rows& rows,
                                      const std::vector<double>& ratios) const;
  Folds deal_folds() const;
  std::size_t shares_of(const Candidate& candidate) const;
  std::size_t rounds() const;
  double loss(std::size_t row, double predicted) const;
  std::vector<Trial> try_candidates(const std::vector<Candidate>& candidates) const;
  FoldFit fit_fold(const Candidate& candidate, const GateColumns& columns,
                   const Rows& training) const;
  void judge_fold(const Candidate& candidate, const Rows& held_out, std::size_t stages, bool refit,
                  FoldFit& fit) const;
  Trial best_stage(const Candidate& candidate, bool refit, const Folds& folds,
                   std::span<const FoldFit> fits) const;
  const Trial& choose(const std::vector<Trial>& trials) const;
  bool wins(const Trial& complex, const Trial& simple) const;
  bool weigh_by_noise(const Trial& chosen);
  LayerModel final_model(const Trial& chosen) const;
  void add_bounds(LayerModel& model) const;

  const FitInput& input_;
  const NeuralPowerOptions& options_;
  std::size_t rows_;
  std::vector<double> weights_;  // of the rows
  NeuralPowerColumns columns_;
  const NeuralPowerColumns::Columns &costs_, &scaled_;  // of columns_
  double lowest_cost_ = 0;
};

std::vector<NeuralPowerFit::Candidate> NeuralPowerFit::candidates() const {
  std::vector<Candidate> all;  // uncorrected first, the simplest before
  const bool enough = rows_ >= static_cast<std::size_t>(options_.least_rows);
  const bool corrections = enough && scaled_.cols > 0;
  const bool full = options_.full_costs && columns_.small() < costs_.cols &&
                    rows_ >= static_cast<std::size_t>(options_.rows_per_cost) * costs_.cols;
  if (columns_.cost_names().empty()) {
    all.push_back({Base::kNone, 0});
    if (corrections)
      for (const double rate : options_.rates) all.push_back({Base::kNone, rate});
    return all;
  }
  if (input_.target == Target::kPower) {  // the sum, or a constant, with a correction
    all.push_back({Base::kSmall, 0});
    if (!corrections) return all;
    for (const double rate : options_.rates) all.push_back({Base::kNone, rate});
    all.push_back({Base::kSmall, options_.rates.front()});
    return all;
  }
  all.push_back({Base::kSmall, 0});
  if (full) all.push_back({Base::kFull, 0});
  if (!corrections) return all;
  for (const double rate : options_.rates) {
    // A small sum leaves more to the correction; one rate for it is enough.
    if (rate == options_.rates.front() || !full) all.push_back({Base::kSmall, rate});
    if (full) all.push_back({Base::kFull, rate});
  }
  return all;
}

std::size_t NeuralPowerFit::width(Base base) const {
  return base == Base::kNone ? 0 : base == Base::kSmall ? columns_.small() : costs_.cols;
}

// Non-negative coefficients of least relative error; one for every cost, 0 beyond the base's.
std::vector<double> NeuralPowerFit::fit_costs(const Rows& rows, Base base) const {
  std::vector<double> coefficients(costs_.cols, 0.0);
  const std::size_t count = width(base);
  if (count == 0) return coefficients;
  MomentsBuilder builder(count, 1);
  std::vector<double> relative(count);
  const double one = 1;
  for (const std::size_t i : rows) {
    for (std::size_t j = 0; j < count; ++j) relative[j] = costs_.row(i)[j] / input_.values[i];
    builder.add(relative.data(), &one, 1, i + 1);
  }
  LinearFitOptions options;
  options.ridge = options_.cost_ridge;
  options.non_negative = true;
  options.intercept = false;
  const LinearFit fit = fit_linear(builder.finish(), options);
  std::copy(fit.coefficients.begin(), fit.coefficients.end(), coefficients.begin());
  return coefficients;
}

double NeuralPowerFit::cost(std::size_t row, const std::vector<double>& coefficients) const {
  double sum = 0;
  for (std::size_t j = 0; j < coefficients.size(); ++j) sum += coefficients[j] * costs_.row(row)[j];
  return std::max(sum, lowest_cost_);
}

std::vector<double> NeuralPowerFit::log_ratios(const Rows& rows,
                                               const std::vector<double>& coefficients,
                                               Base base) const {
  std::vector<double> ratios;
  for (const std::size_t i : rows)
    ratios.push_back(std::log(input_.values[i] / base_of({base}, i, coefficients)));
  return ratios;
}

std::vector<double> NeuralPowerFit::weights_of(const Rows& rows) const {
  std::vector<double> weights;
  for (const std::size_t i : rows) weights.push_back(weights_[i]);
  return weights;
}

GateColumns NeuralPowerFit::gate_columns(const Rows& rows) const {
  std::vector<double> values;
  values.reserve(rows.size() * scaled_.cols);
  for (const std::size_t i : rows)
    values.insert(values.end(), scaled_.row(i), scaled_.row(i) + scaled_.cols);
  return GateColumns(values, rows.size(), scaled_.cols, options_.boost.max_knots);
}

BoostOptions NeuralPowerFit::boost_options(double rate, std::size_t rounds) const {
  BoostOptions boost = options_.boost;
  boost.rate = rate;
  boost.rounds = rate > 0 ? static_cast<int>(rounds) : 0;
  return boost;
}

// Most products of a correction.
std::size_t NeuralPowerFit::rounds() const {
  const int carried = static_cast<int>(rows_ / static_cast<std::size_t>(options_.rows_per_round));
  return static_cast<std::size_t>(
      std::max(options_.boost.rounds, std::min(carried, options_.most_rounds)));
}

NeuralPowerFit::Folds NeuralPowerFit::deal_folds() const {
  const std::size_t count =
      std::min<std::size_t>(static_cast<std::size_t>(options_.inner_folds), rows_);
  const auto fold_of = make_folds(rows_, count, input_.seed);
  Folds folds;
  folds.training.resize(count);
  folds.held_out.resize(count);
  for (std::size_t i = 0; i < rows_; ++i)
    for (std::size_t f = 0; f < count; ++f)
      (fold_of[i] == f ? folds.held_out : folds.training)[f].push_back(i);
  return folds;
}

std::vector<NeuralPowerFit::Trial> NeuralPowerFit::try_candidates(
    const std::vector<Candidate>& candidates) const {
  const Folds folds = deal_folds();
  const std::size_t count = folds.training.size();
  std::vector<std::optional<GateColumns>> columns(count);
  run_tasks(count, input_.threads,
            [&](std::size_t f) { columns[f] = gate_columns(folds.training[f]); });
  std::vector<FoldFit> fits(candidates.size() * count);
  run_tasks(fits.size(), input_.threads, [&](std::size_t task) {
    const Candidate& candidate = candidates[task / count];
    const std::size_t f = task % count;
    fits[task] = fit_fold(candidate, *columns[f], folds.training[f]);
    judge_fold(candidate, folds.held_out[f], candidate.rate > 0 ? rounds() + 1 : 1, false,
               fits[task]);
    if (!fits[task].refits.empty())
      judge_fold(candidate, folds.held_out[f], fits[task].refits.size(), true, fits[task]);
  });
  std::vector<Trial> trials;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const auto of_candidate = std::span(fits).subspan(c * count, count);
    trials.push_back(best_stage(candidates[c], false, folds, of_candidate));
    if (!of_candidate.front().refits.empty())
      trials.push_back(best_stage(candidates[c], true, folds, of_candidate));
  }
  return trials;
}

void NeuralPowerFit::FoldFit::stages(const double* row, bool refit,
                                     std::vector<double>& stages) const {
  if (!refit) return gates.stages(row, stages);
  std::vector<double> products;
  for (const GateProduct& product : gates.products) products.push_back(product.value(row));
  stages.clear();
  for (const RelativeLassoFit& fit : refits) stages.push_back(fit.value(products));
}

// The Lasso over all products that boosting found; of many rows every so-manieth is enough.
std::vector<RelativeLassoFit> NeuralPowerFit::refit(const BoostedGates& gates, const Rows& rows,
                                                    const std::vector<double>& ratios) const {
  const std::size_t stride =
      1 + (rows.size() - 1) / static_cast<std::size_t>(options_.boost.rows_searched);
  std::vector<double> target, weights;
  for (std::size_t i = 0; i < rows.size(); i += stride) {
    target.push_back(ratios[i]);
    weights.push_back(weights_[rows[i]]);
  }
  std::vector<SparseColumn> columns(gates.products.size());
  for (std::size_t t = 0; t < columns.size(); ++t)
    for (std::size_t k = 0; k < target.size(); ++k)
      columns[t].add(k, gates.products[t].value(scaled_.row(rows[k * stride])));
  return fit_relative_lasso(columns, target, options_.lasso, weights);
}

NeuralPowerFit::FoldFit NeuralPowerFit::fit_fold(const Candidate& candidate,
                                                 const GateColumns& columns,
                                                 const Rows& training) const {
  FoldFit fit;
  fit.coefficients = fit_costs(training, candidate.base);
  const auto ratios = log_ratios(training, fit.coefficients, candidate.base);
  if (candidate.rate == 0) {
    if (candidate.base == Base::kNone)
      fit.gates.intercept =
          std::accumulate(ratios.begin(), ratios.end(), 0.0) / static_cast<double>(ratios.size());
    fit.boosted.low = fit.boosted.high = fit.gates.intercept;
    return fit;
  }
  fit.gates = fit_boosted_gates(columns, ratios, boost_options(candidate.rate, rounds()),
                                weights_of(training));
  if (options_.refits && candidate.refits) fit.refits = refit(fit.gates, training, ratios);
  std::vector<double> stages;
  for (const bool refitted : {false, true}) {
    Corrections& corrections = fit.corrections(refitted);
    if (refitted && fit.refits.empty()) continue;
    for (const std::size_t i : training) {
      fit.stages(scaled_.row(i), refitted, stages);
      corrections.low = std::min(corrections.low, stages.back());
      corrections.high = std::max(corrections.high, stages.back());
    }
  }
  return fit;
}

// Nothing to take a share of, or rows enough to trust the whole.
std::size_t NeuralPowerFit::shares_of(const Candidate& candidate) const {
  const bool many = static_cast<double>(rows_) * options_.loss_cap >= options_.sure_rows;
  return candidate.rate == 0 || many ? 1 : options_.shares.size();
}

// With few rows large errors count more: boxes that a handful of rows drew are what goes wrong
// then.
double NeuralPowerFit::loss(std::size_t row, double predicted) const {
  const double cap = std::max(options_.loss_cap, options_.sure_rows / static_cast<double>(rows_));
  const double error = predicted / input_.values[row] - 1;
  return std::min(error * error, cap);
}

void NeuralPowerFit::judge_fold(const Candidate& candidate, const Rows& held_out,
                                std::size_t stages, bool refit, FoldFit& fit) const {
  Corrections& corrections = fit.corrections(refit);
  corrections.losses.assign(shares_of(candidate), std::vector<double>(stages, 0.0));
  std::vector<double> stage;
  for (const std::size_t i : held_out) {
    const double sum = base_of(candidate, i, fit.coefficients);
    fit.stages(scaled_.row(i), refit, stage);
    for (std::size_t s = 0; s < corrections.losses.size(); ++s)
      for (std::size_t k = 0; k < stages; ++k)
        corrections.losses[s][k] +=
            weights_[i] * loss(i, sum * corrections.factor(stage, k, options_.shares[s]));
  }
}

// The number of products, or the penalty, and the share of the correction, of least held-out error.
NeuralPowerFit::Trial NeuralPowerFit::best_stage(const Candidate& candidate, bool refit,
                                                 const Folds& folds,
                                                 std::span<const FoldFit> fits) const {
  Trial trial;
  trial.candidate = candidate;
  trial.refit = refit;
  trial.error = std::numeric_limits<double>::infinity();
  const auto& shape = fits.front().corrections(refit).losses;
  for (std::size_t s = 0; s < shape.size(); ++s) {
    std::vector<double> mean(shape[s].size(), 0.0);
    for (const FoldFit& fit : fits)
      for (std::size_t k = 0; k < mean.size(); ++k)
        mean[k] += fit.corrections(refit).losses[s][k] / static_cast<double>(rows_);
    const auto least = std::min_element(mean.begin(), mean.end());
    if (*least >= trial.error) continue;
    trial.error = *least;
    trial.stage = static_cast<std::size_t>(least - mean.begin());
    trial.share = options_.shares[s];
  }
  trial.held_out.resize(rows_);
  trial.losses.resize(rows_);
  std::vector<double> stage;
  for (std::size_t f = 0; f < fits.size(); ++f)
    for (const std::size_t i : folds.held_out[f]) {
      fits[f].stages(scaled_.row(i), refit, stage);
      trial.held_out[i] = base_of(candidate, i, fits[f].coefficients) *
                          fits[f].corrections(refit).factor(stage, trial.stage, trial.share);
      trial.losses[i] = loss(i, trial.held_out[i]);
    }
  return trial;
}

// Whether the losses are lower by more than chance explains and by enough to be worth it.
bool NeuralPowerFit::wins(const Trial& complex, const Trial& simple) const {
  const auto n = static_cast<double>(rows_);
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < rows_; ++i) mean += (simple.losses[i] - complex.losses[i]) / n;
  for (std::size_t i = 0; i < rows_; ++i) {
    const double d = simple.losses[i] - complex.losses[i] - mean;
    square += d * d / n;
  }
  // Few rows know their own standard error badly.
  const double margin = options_.win_margin * (1 + options_.least_rows / n);
  return mean > options_.least_gain + margin * std::sqrt(square / n);
}

// The simplest uncorrected candidate that no other beats, unless the best corrected one does. On
// the same sum a faster rate must win too: it finds less smooth corrections; and so must a refit,
// which costs more terms where rows are many.
const NeuralPowerFit::Trial& NeuralPowerFit::choose(const std::vector<Trial>& trials) const {
  const Trial *plain = nullptr, *corrected = nullptr;
  for (const Trial& trial : trials) {
    if (trial.candidate.rate == 0) {
      if (!plain || wins(trial, *plain)) plain = &trial;
    } else if (!corrected || (corrected->candidate.base == trial.candidate.base ||
                                      (trial.refit && !corrected->refit)
                                  ? wins(trial, *corrected)
                                  : trial.error < corrected->error)) {
      corrected = &trial;
    }
  }
  return corrected && wins(*corrected, *plain) ? *corrected : *plain;
}

// Runtime: never faster than the fastest rates measured, never negligible. Power: what was seen.
void NeuralPowerFit::add_bounds(LayerModel& model) const {
  const auto [least, most] = std::minmax_element(input_.values.begin(), input_.values.end());
  if (input_.target == Target::kPower) {
    model.minimum = *least;
    model.maximum = *most;
    return;
  }
  model.minimum = options_.least_runtime * *least;
  for (const char* name : {"flops", "bytes"}) {
    const Term work = Term::parse(name, input_.key);
    double fastest = 0;
    for (std::size_t i = 0; i < rows_; ++i)
      fastest = std::max(fastest, work.evaluate({input_.features.row(i), input_.features.cols}) /
                                      input_.values[i]);
    if (fastest > 0) model.floor.push_back({name, 1 / (fastest * options_.floor_margin)});
  }
}

LayerModel NeuralPowerFit::final_model(const Trial& chosen) const {
  Rows all(rows_);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Candidate& candidate = chosen.candidate;
  const auto coefficients = fit_costs(all, candidate.base);
  const auto ratios = log_ratios(all, coefficients, candidate.base);
  Regime regime;
  regime.when = "always";
  if (candidate.base == Base::kNone) {
    regime.intercept = 1;
  } else {
    for (std::size_t j = 0; j < coefficients.size(); ++j)
      if (coefficients[j] > 0) regime.terms.push_back({columns_.cost_names()[j], coefficients[j]});
  }
  if (candidate.rate > 0) {
    BoostedGates gates = fit_boosted_gates(
        gate_columns(all), ratios,
        boost_options(candidate.rate, chosen.refit ? rounds() : chosen.stage), weights_of(all));
    if (chosen.refit) {
      const RelativeLassoFit fit = refit(gates, all, ratios)[chosen.stage];
      gates.intercept = fit.intercept;
      for (std::size_t t = 0; t < gates.products.size(); ++t)
        gates.products[t].coefficient = fit.coefficients[t];
      std::erase_if(gates.products, [](const GateProduct& p) { return p.coefficient == 0; });
    }
    gates.intercept *= chosen.share;
    for (GateProduct& product : gates.products) product.coefficient *= chosen.share;
    columns_.add_correction(regime, gates);
    regime.log_low = std::numeric_limits<double>::infinity();
    regime.log_high = -regime.log_low;
    for (std::size_t i = 0; i < rows_; ++i) {
      const double value = gates.value(scaled_.row(i));
      regime.log_low = std::min(regime.log_low, value);
      regime.log_high = std::max(regime.log_high, value);
    }
  } else if (candidate.base == Base::kNone) {
    regime.log_intercept =
        std::accumulate(ratios.begin(), ratios.end(), 0.0) / static_cast<double>(rows_);
  }
  LayerModel model;
  model.key = input_.key;
  model.target = input_.target;
  model.regimes.push_back(std::move(regime));
  add_bounds(model);
  const char* base = candidate.base == Base::kNone    ? "no physical sum"
                     : candidate.base == Base::kSmall ? "small physical sum"
                                                      : "physical sum";
  if (candidate.rate == 0) {
    model.report.note = fmt::format("{}, no correction", base);
  } else {
    model.report.note =
        chosen.refit ? fmt::format("{}, correction chosen by a Lasso among {} rounds at rate {}",
                                   base, rounds(), candidate.rate)
                     : fmt::format("{}, correction of {} rounds at rate {}", base, chosen.stage,
                                   candidate.rate);
    if (chosen.share < 1) model.report.note += fmt::format(", times {}", chosen.share);
  }
  return model;
}

// Weights by how sure the held-out predictions of `chosen` are; false if there is nothing to weigh.
bool NeuralPowerFit::weigh_by_noise(const Trial& chosen) {
  if (!options_.noise_weights || input_.target == Target::kPower || chosen.candidate.rate == 0)
    return false;
  const double scale = relative_noise_scale(chosen.held_out, input_.values);
  if (scale == 0) return false;
  weights_ = noise_weights(chosen.held_out, scale);
  return true;
}

FitResult NeuralPowerFit::fit() {
  if (rows_ < 2) throw bad_input("a model of fewer than two rows");
  const std::vector<Trial> trials = try_candidates(candidates());
  Trial chosen = choose(trials);
  if (weigh_by_noise(chosen)) {
    Candidate again = chosen.candidate;
    again.refits = chosen.refit;
    const std::vector<Trial> weighted = try_candidates({again});
    const auto best = std::find_if(weighted.begin(), weighted.end(),
                                   [&](const Trial& trial) { return trial.refit == chosen.refit; });
    if (wins(*best, chosen)) {
      chosen = *best;
    } else {
      weights_.assign(rows_, 1.0);
    }
  }
  return {final_model(chosen), chosen.held_out};
}

}  // namespace

FitResult fit_neuralpower(const FitInput& input, const NeuralPowerOptions& options) {
  return NeuralPowerFit(input, options).fit();
}

FitResult fit_neuralpower(const FitInput& input) { return fit_neuralpower(input, {}); }

}  // namespace neuralpower
