// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/working_set.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/dense_kernels.h"
#include "neuralpower/regression/lasso_solution.h"
#include "neuralpower/regression/parallel.h"

namespace neuralpower {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// Moments of all terms cost rows x terms^2, checks of a few hundred coefficient vectors a fold rows
// x terms each: only where terms are many, and more than the rows, do the latter win.
constexpr std::size_t kFewTerms = 900;
constexpr std::size_t kFirstTerms = 200;
constexpr std::size_t kCoarseStep = 6;
// A working set of more than this is not worth its checks.
constexpr std::size_t most_terms(std::size_t terms) { return 3 * terms / 4; }

// A violation smaller than this share of the penalty, or of the target's deviation, is rounding.
constexpr double kTolerance = 1e-10;
constexpr double kRounding = 1e-13;

}  // namespace

TermScreen::TermScreen(const RowBlock& rows, std::size_t fold_count, const PathOptions& options,
                       std::size_t target, unsigned threads)
    : rows_(rows),
      options_(options),
      target_(target),
      fold_count_(fold_count),
      panel_count_(round_up(rows.terms.cols, kLane) / kLane) {
  for (std::size_t r = 0; r < rows.terms.rows; ++r) {
    const double weight = rows.weights.empty() ? 1.0 : rows.weights[r];
    if (weight == 0) continue;
    used_.push_back(r);
    weight_.push_back(weight);
    fold_.push_back(rows.folds[r]);
  }
  panel_stride_ = used_.size() * kLane;
  panels_.resize(panel_count_ * panel_stride_);
  deviation_.resize((fold_count + 1) * panel_count_ * kLane);
  start_.resize(panel_count_ * kLane);
  double total = 0, mean = 0, square = 0;
  for (const double w : weight_) total += w;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    mean += weight_[i] / total * rows.targets.at(used_[i], target);
  }
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const double y = rows.targets.at(used_[i], target) - (options.intercept ? mean : 0);
    square += weight_[i] / total * y * y;
  }
  target_deviation_ = std::sqrt(square);
  run_tasks(panel_count_, threads, [&](std::size_t panel) { standardise_panel(panel); });
}

// Eight terms: centred and scaled over all rows, their gradient at zero, and their deviations
// without each fold.
void TermScreen::standardise_panel(std::size_t panel) {
  const std::size_t n = used_.size(), first = panel * kLane;
  const std::size_t width = std::min(kLane, rows_.terms.cols - first);
  double* z = panels_.data() + panel * panel_stride_;
  double mean[kLane] = {}, scale[kLane] = {}, pull[kLane] = {}, total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = rows_.terms.row(used_[i]) + first;
    total += weight_[i];
    for (std::size_t lane = 0; lane < kLane; ++lane) {
      z[i * kLane + lane] = lane < width ? row[lane] : 0;
      mean[lane] += weight_[i] * z[i * kLane + lane];
    }
  }
  for (double& m : mean) {
    m /= total;
    if (!(std::abs(m) < 1e150)) report_bad_value(first);
    if (!options_.intercept) m = 0;
  }
  // Without a fold (and, last, with all): mean and spread in two passes.
  const auto spread_without = [&](std::size_t fold, double* spread) {
    double weight = 0, centre[kLane] = {}, square[kLane] = {};
    for (std::size_t i = 0; i < n; ++i) {
      const double w = fold_[i] == fold ? 0 : weight_[i];
      weight += w;
      for (std::size_t lane = 0; lane < kLane; ++lane) centre[lane] += w * z[i * kLane + lane];
    }
    for (double& c : centre) c = options_.intercept ? c / weight : 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double w = fold_[i] == fold ? 0 : weight_[i];
      for (std::size_t lane = 0; lane < kLane; ++lane) {
        const double d = z[i * kLane + lane] - centre[lane];
        square[lane] += w * d * d;
      }
    }
    for (std::size_t lane = 0; lane < kLane; ++lane) {
      const double noise = 8 * kEpsilon * std::abs(centre[lane]);
      const double variance = square[lane] / weight;
      spread[lane] = variance > noise * noise ? std::sqrt(variance) : 0;
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t lane = 0; lane < kLane; ++lane) z[i * kLane + lane] -= mean[lane];
  }
  spread_without(fold_count_, scale);
  for (std::size_t lane = 0; lane < kLane; ++lane) {
    if (scale[lane] <= 8 * kEpsilon * std::abs(mean[lane])) scale[lane] = 0;
    const double inverse = scale[lane] > 0 ? 1 / scale[lane] : 0;
    for (std::size_t i = 0; i < n; ++i) z[i * kLane + lane] *= inverse;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double y = weight_[i] / total * rows_.targets.at(used_[i], target_);
    for (std::size_t lane = 0; lane < kLane; ++lane) pull[lane] += y * z[i * kLane + lane];
  }
  std::copy(pull, pull + kLane, start_.begin() + static_cast<std::ptrdiff_t>(first));
  for (std::size_t fold = 0; fold <= fold_count_; ++fold) {
    spread_without(fold, deviation_.data() + fold * panel_count_ * kLane + first);
  }
}

void TermScreen::report_bad_value(std::size_t first_term) const {
  for (const std::size_t r : used_) {
    for (std::size_t j = first_term; j < std::min(first_term + kLane, rows_.terms.cols); ++j) {
      if (std::abs(rows_.terms.at(r, j)) < 1e150) continue;
      throw bad_value(r, j, rows_.terms.at(r, j));
    }
  }
  throw bad_input("the weighted sum of a column overflows");
}

bool TermScreen::are_alike(std::size_t a, std::size_t b) const {
  constexpr double kAlike = 1e-7;  // of a deviation
  const double* x = panels_.data() + a / kLane * panel_stride_ + a % kLane;
  const double* y = panels_.data() + b / kLane * panel_stride_ + b % kLane;
  const double sign = (start_[a] < 0) == (start_[b] < 0) ? 1 : -1;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (std::abs(x[i * kLane] - sign * y[i * kLane]) > kAlike) return false;
  }
  return true;
}

std::vector<std::size_t> TermScreen::first_terms(std::size_t count) const {
  Violations start;
  start.excess.assign(rows_.terms.cols, 0.0);
  std::vector<std::size_t> unpenalised;
  for (std::size_t j = 0; j < rows_.terms.cols; ++j) {
    if (factor(j) == 0) {
      unpenalised.push_back(j);
    } else {
      const double pull = options_.non_negative ? start_[j] : std::abs(start_[j]);
      start.excess[j] = std::isinf(factor(j)) ? 0 : std::max(0.0, pull / factor(j));
    }
  }
  return extend(unpenalised, start, count);
}

std::vector<std::size_t> TermScreen::extend(const std::vector<std::size_t>& working,
                                            const Violations& violations, std::size_t count) const {
  std::vector<std::size_t> order;
  for (std::size_t j = 0; j < violations.excess.size(); ++j) {
    if (violations.excess[j] > 0) order.push_back(j);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return violations.excess[a] > violations.excess[b];
  });
  std::vector<std::size_t> extended = working, added;
  for (const std::size_t j : order) {
    if (added.size() == count) break;
    // Terms that are alike have about the same excess, so they stand close in the order.
    bool alike = false;
    for (std::size_t k = added.size(); k > 0 && !alike; --k) {
      if (violations.excess[added[k - 1]] > violations.excess[j] * (1 + 1e-5)) break;
      alike = are_alike(added[k - 1], j);
    }
    if (!alike) added.push_back(j);
  }
  extended.insert(extended.end(), added.begin(), added.end());
  std::sort(extended.begin(), extended.end());
  return extended;
}

TermScreen::Violations TermScreen::check(const LassoPath& path, std::size_t fold,
                                         const std::vector<std::size_t>& working,
                                         std::size_t step) const {
  Violations violations;
  std::vector<double>& excess = violations.excess;
  std::vector<double>& kkt = violations.kkt;
  excess.assign(rows_.terms.cols, 0.0);
  kkt.assign(path.size(), 0.0);
  const double largest = path.lambda.front() > 0 ? path.lambda.front() : 1;
  std::vector<std::size_t> penalties;
  for (std::size_t k = 0; k < path.size(); k += step) penalties.push_back(k);
  if (penalties.back() + 1 < path.size()) penalties.push_back(path.size() - 1);
  const std::size_t n = used_.size();
  const std::size_t residual_panels = round_up(penalties.size(), kPanelGroup) / kLane;
  AlignedVector residuals(residual_panels * panel_stride_, 0.0);
  double weight = 0;
  for (std::size_t i = 0; i < n; ++i) weight += fold_[i] == fold ? 0 : weight_[i];
  struct Part {
    std::size_t term;
    double coefficient;
  };
  std::vector<std::vector<Part>> models(penalties.size());
  for (std::size_t c = 0; c < penalties.size(); ++c) {
    const auto b = path.coefficients_at(penalties[c]);
    for (std::size_t j = 0; j < b.size(); ++j) {
      if (b[j] != 0) models[c].push_back({working[j], b[j]});
    }
  }
  // Row by row, for all penalties while a row is near.
  for (std::size_t i = 0; i < n; ++i) {
    if (fold_[i] == fold) continue;
    const double* row = rows_.terms.row(used_[i]);
    const double target = rows_.targets.at(used_[i], target_);
    for (std::size_t c = 0; c < penalties.size(); ++c) {
      double residual = target - path.intercept[penalties[c]];
      for (const Part& part : models[c]) residual -= row[part.term] * part.coefficient;
      residuals[c / kLane * panel_stride_ + i * kLane + c % kLane] = residual * weight_[i] / weight;
    }
  }
  AlignedVector products(kLane * residual_panels * kLane);
  const double* deviation = deviation_.data() + fold * panel_count_ * kLane;
  for (std::size_t panel = 0; panel < panel_count_; ++panel) {
    dense_kernels().multiply_panel(panels_.data() + panel * panel_stride_, residuals.data(), n,
                                   panel_stride_, residual_panels, products.data());
    for (std::size_t lane = 0; lane < kLane; ++lane) {
      const std::size_t j = panel * kLane + lane;
      if (j >= rows_.terms.cols || deviation[j] == 0 || std::isinf(factor(j))) continue;
      const double* gradient = products.data() + lane * residual_panels * kLane;
      for (std::size_t c = 0; c < penalties.size(); ++c) {
        const double pull =
            (options_.non_negative ? gradient[c] : std::abs(gradient[c])) / deviation[j];
        const double bound = path.lambda[penalties[c]] * options_.l1_ratio * factor(j);
        if (pull <= bound) continue;
        kkt[penalties[c]] = std::max(kkt[penalties[c]], (pull - bound) / largest);
        const double beyond = pull - bound * (1 + kTolerance) - kRounding * target_deviation_;
        excess[j] = std::max(excess[j], beyond / largest);
      }
    }
  }
  for (const std::size_t j : working) excess[j] = 0;
  violations.any = std::any_of(excess.begin(), excess.end(), [](double e) { return e > 0; });
  return violations;
}

namespace {

void spread(LassoPath& path, const std::vector<std::size_t>& working, std::size_t terms) {
  std::vector<double> coefficients(path.size() * terms, 0.0);
  for (std::size_t k = 0; k < path.size(); ++k) {
    const auto b = path.coefficients_at(k);
    for (std::size_t j = 0; j < working.size(); ++j) coefficients[k * terms + working[j]] = b[j];
  }
  path.terms = terms;
  path.coefficients = std::move(coefficients);
}

// The problem of some terms alone.
struct Part {
  std::vector<double> values;
  RowBlock rows;
  PathOptions options;
};

Part select(const RowBlock& rows, const PathOptions& options,
            const std::vector<std::size_t>& chosen) {
  Part part{std::vector<double>(rows.terms.rows * chosen.size()), rows, options};
  for (std::size_t r = 0; r < rows.terms.rows; ++r) {
    const double* row = rows.terms.row(r);
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      part.values[r * chosen.size() + j] = row[chosen[j]];
    }
  }
  part.rows.terms = {part.values.data(), rows.terms.rows, chosen.size()};
  if (!options.penalty_factors.empty()) {
    part.options.penalty_factors.clear();
    for (const std::size_t j : chosen) {
      part.options.penalty_factors.push_back(options.penalty_factors[j]);
    }
  }
  return part;
}

FoldMoments moments_of(const RowBlock& rows, std::size_t fold_count, unsigned threads) {
  return accumulate_moments(rows.terms, rows.targets, rows.weights, rows.folds, fold_count,
                            threads);
}

std::size_t more_terms(const std::vector<std::size_t>& working) {
  return std::max<std::size_t>(64, working.size() / 3);
}

// Terms that the path on all rows asks for: one path an attempt instead of one a fold.
std::vector<std::size_t> terms_of_all_rows(const TermScreen& screen, const RowBlock& rows,
                                           std::size_t fold_count, const PathOptions& options,
                                           std::size_t target, unsigned threads) {
  std::vector<std::size_t> working = screen.first_terms(kFirstTerms);
  const std::vector<std::uint32_t> one_fold(rows.folds.size(), 0);
  while (working.size() <= most_terms(rows.terms.cols)) {
    Part part = select(rows, options, working);
    part.rows.folds = one_fold;
    const LassoPath path =
        fit_lasso_path(moments_of(part.rows, 1, threads).folds.front(), part.options, target);
    const TermScreen::Violations violations = screen.check(path, fold_count, working, kCoarseStep);
    if (!violations.any) break;
    working = screen.extend(working, violations, more_terms(working));
  }
  return working;
}

// The path without a fold over terms that cross_validate did not have, with its held-out errors.
LassoPath refit_fold(const RowBlock& rows, const PathOptions& options, std::size_t target,
                     const std::vector<std::size_t>& working, std::size_t fold,
                     std::span<const double> lambdas, double largest, std::vector<double>& errors) {
  Part part = select(rows, options, working);
  const std::vector<std::uint32_t> one_fold(rows.folds.size(), 0);
  part.rows.folds = one_fold;
  const auto moments = [&](bool held_out) {
    std::vector<double> weights(rows.folds.size(), 1.0);
    for (std::size_t r = 0; r < weights.size(); ++r) {
      if (!rows.weights.empty()) weights[r] = rows.weights[r];
      if ((rows.folds[r] == fold) != held_out) weights[r] = 0;
    }
    part.rows.weights = weights;
    return moments_of(part.rows, 1, 1).folds.front();
  };
  const Moments training = moments(false);
  PathFit fit(training, part.options, target);
  fit.hold_out(moments(true));
  return fit.follow(lambdas, largest, &errors);
}

// Extends each fold's terms until its path meets the optimality conditions of all terms, and
// spreads it to all. False if one would need too many.
bool settle_folds(CrossValidation& cv, std::vector<std::vector<double>>& kkt,
                  const TermScreen& screen, const RowBlock& rows, const PathOptions& options,
                  std::size_t target, const std::vector<std::size_t>& working, double largest,
                  unsigned threads) {
  const std::size_t terms = rows.terms.cols, count = cv.path.size();
  std::vector<char> settled(cv.folds, 1);
  kkt.resize(cv.folds);
  run_tasks(cv.folds, threads, [&](std::size_t fold) {
    std::vector<std::size_t> own = working;
    LassoPath& path = cv.fold_paths[fold];
    for (;;) {
      TermScreen::Violations violations = screen.check(path, fold, own, 1);
      kkt[fold] = std::move(violations.kkt);
      if (!violations.any) break;
      own = screen.extend(own, violations, more_terms(own));
      if (own.size() > most_terms(terms)) {
        settled[fold] = 0;
        return;
      }
      std::vector<double> errors;
      path = refit_fold(rows, options, target, own, fold, cv.path.lambda, largest, errors);
      std::copy_n(errors.begin(), count,
                  cv.fold_mse.begin() + static_cast<std::ptrdiff_t>(fold * count));
    }
    spread(path, own, terms);
  });
  return std::all_of(settled.begin(), settled.end(), [](char is) { return is; });
}

CrossValidation on_working_sets(const RowBlock& rows, std::size_t fold_count,
                                const PathOptions& options, std::size_t target, unsigned threads) {
  const std::size_t terms = rows.terms.cols;
  const auto on_all_terms = [&] {
    return cross_validate(moments_of(rows, fold_count, threads), options, target, threads);
  };
  if (terms <= kFewTerms || terms <= rows.terms.rows || options.l1_ratio < 0.1) {
    return on_all_terms();
  }

  // Moments without terms check sizes, weights, folds and targets.
  const FoldMoments targets_only =
      accumulate_moments({rows.terms.data, rows.terms.rows, 0, rows.terms.stride}, rows.targets,
                         rows.weights, rows.folds, fold_count, 1);
  check_folds(targets_only);
  check_path_options(options, terms, targets_only.total(), target);
  PathOptions full = options;
  TermScreen screen(rows, fold_count, options, target, threads);
  if (full.ratio == 0) full.ratio = screen.used_rows() > terms ? 1e-4 : 1e-2;
  std::vector<std::size_t> working =
      terms_of_all_rows(screen, rows, fold_count, full, target, threads);
  while (working.size() <= most_terms(terms)) {
    const Part part = select(rows, full, working);
    const FoldMoments moments = moments_of(part.rows, fold_count, threads);
    CrossValidation cv = cross_validate(moments, part.options, target, threads);
    const TermScreen::Violations violations = screen.check(cv.path, fold_count, working, 1);
    if (violations.any) {
      working = screen.extend(working, violations, more_terms(working));
      continue;
    }
    double largest = cv.path.lambda.front();
    if (!options.lambdas.empty() || options.l1_ratio != 1) {
      const Moments total = moments.total();
      largest = PathFit(total, part.options, target).largest_penalty();
    }
    std::vector<std::vector<double>> kkt;
    if (!settle_folds(cv, kkt, screen, rows, full, target, working, largest, threads)) break;
    spread(cv.path, working, terms);
    summarise_folds(cv, targets_only);
    kkt.push_back(violations.kkt);
    for (std::size_t k = 0; k < cv.kkt.size(); ++k) {
      for (const std::vector<double>& one : kkt) cv.kkt[k] = std::max(cv.kkt[k], one[k]);
    }
    return cv;
  }
  return on_all_terms();
}

// The terms without exact copies, ascending: of equal columns the one of the smallest penalty
// factor stays, the first of equals, as in the solver. All of them where a value is not fit to be
// fitted, so that its error names it.
std::vector<std::size_t> distinct_terms(const RowBlock& rows, const PathOptions& options) {
  const std::size_t terms = rows.terms.cols;
  std::vector<std::uint64_t> hash(terms, 0);
  bool fit = true;
  for (std::size_t r = 0; r < rows.terms.rows; ++r) {
    const double* row = rows.terms.row(r);
    for (std::size_t j = 0; j < terms; ++j) {
      fit = fit && std::abs(row[j]) < 1e150;
      const auto bits = std::bit_cast<std::uint64_t>(row[j]);
      hash[j] = (hash[j] ^ bits ^ (bits >> 29)) * 0x9e3779b97f4a7c15u;
      hash[j] ^= hash[j] >> 32;
    }
  }
  std::vector<std::size_t> kept;
  if (!fit) {
    kept.resize(terms);
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    return kept;
  }
  const auto equal = [&](std::size_t a, std::size_t b) {
    for (std::size_t r = 0; r < rows.terms.rows; ++r) {
      if (rows.terms.at(r, a) != rows.terms.at(r, b)) return false;
    }
    return true;
  };
  const auto factor = [&](std::size_t j) {
    return options.penalty_factors.empty() ? 1.0 : options.penalty_factors[j];
  };
  std::unordered_map<std::uint64_t, std::size_t> first;  // of a hash: where its column stands
  for (std::size_t j = 0; j < terms; ++j) {
    const auto [place, is_new] = first.try_emplace(hash[j], kept.size());
    if (is_new || !equal(kept[place->second], j)) {
      kept.push_back(j);
    } else if (factor(j) < factor(kept[place->second])) {
      kept[place->second] = j;
    }
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

}  // namespace

CrossValidation cross_validate_rows(const RowBlock& rows, std::size_t fold_count,
                                    const PathOptions& options, std::size_t target,
                                    unsigned threads) {
  const std::size_t terms = rows.terms.cols;
  const bool factors_fit =
      options.penalty_factors.empty() || options.penalty_factors.size() == terms;
  // A ridge part shares the weight among copies, so there they must stay.
  if (options.l1_ratio != 1 || !factors_fit || rows.terms.rows == 0)
    return on_working_sets(rows, fold_count, options, target, threads);
  const std::vector<std::size_t> kept = distinct_terms(rows, options);
  if (kept.size() == terms) return on_working_sets(rows, fold_count, options, target, threads);
  Part part = select(rows, options, kept);
  if (part.options.ratio == 0) {  // of all terms, copies included
    const auto unused = std::count(rows.weights.begin(), rows.weights.end(), 0.0);
    const std::size_t used = rows.terms.rows - static_cast<std::size_t>(unused);
    part.options.ratio = used > terms ? 1e-4 : 1e-2;
  }
  CrossValidation cv = on_working_sets(part.rows, fold_count, part.options, target, threads);
  spread(cv.path, kept, terms);
  for (LassoPath& path : cv.fold_paths) spread(path, kept, terms);
  return cv;
}

}  // namespace neuralpower
