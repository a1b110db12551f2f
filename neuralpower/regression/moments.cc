// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/moments.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/dense_kernels.h"
#include "neuralpower/regression/parallel.h"

namespace neuralpower {
namespace {

// a + b = sum + error exactly (Knuth).
std::pair<double, double> two_sum(double a, double b) {
  const double sum = a + b;
  const double bb = sum - a;
  return {sum, (a - (sum - bb)) + (b - bb)};
}

// The mean moves by `step`, keeping the tail small.
void move_mean(double& mean, double& tail, double step) {
  const auto [sum, error] = two_sum(mean, step);
  const auto [head, rest] = two_sum(sum, tail + error);
  mean = head;
  tail = rest;
}

}  // namespace

Moments::Moments(std::size_t term_count, std::size_t target_count)
    : terms(term_count),
      targets(target_count),
      mean(columns(), 0.0),
      mean_tail(columns(), 0.0),
      stride(round_up(columns(), kPanelGroup)),
      products(round_up(columns(), kLane) * stride, 0.0) {}

bool Moments::is_constant(std::size_t i) const {
  const double noise = 8 * std::numeric_limits<double>::epsilon() * std::abs(mean[i]);
  return !(variance(i) > noise * noise);
}

double Moments::mean_difference(std::size_t i, const Moments& other) const {
  const auto [difference, error] = two_sum(other.mean[i], -mean[i]);
  return difference + (error + (other.mean_tail[i] - mean_tail[i]));
}

void Moments::merge(const Moments& other) {
  if (terms != other.terms || targets != other.targets) {
    throw bad_input("moments of " + std::to_string(other.terms) + " terms and " +
                    std::to_string(other.targets) + " targets cannot be added to moments of " +
                    std::to_string(terms) + " and " + std::to_string(targets));
  }
  if (other.weight == 0) return;
  if (weight == 0) {
    *this = other;
    return;
  }
  const double total = weight + other.weight;
  const double share = other.weight / total;
  const double scale = std::sqrt(weight * share);
  AlignedVector up(stride, 0.0), down(stride, 0.0);
  for (std::size_t i = 0; i < columns(); ++i) {
    const double step = mean_difference(i, other);
    up[i] = scale * step;
    move_mean(mean[i], mean_tail[i], share * step);
  }
  dense_kernels().merge_lower(products.data(), other.products.data(), up.data(), down.data(),
                              columns(), stride);
  rows += other.rows;
  weight = total;
}

Moments select_terms(const Moments& moments, std::span<const std::size_t> kept) {
  Moments chosen(kept.size(), moments.targets);
  std::vector<std::size_t> from(kept.begin(), kept.end());
  for (const std::size_t term : kept) {
    if (term >= moments.terms) {
      throw bad_input("term " + std::to_string(term + 1) + " of " + std::to_string(moments.terms) +
                      " is asked for");
    }
  }
  for (std::size_t t = 0; t < moments.targets; ++t) from.push_back(moments.terms + t);
  chosen.rows = moments.rows;
  chosen.weight = moments.weight;
  for (std::size_t i = 0; i < from.size(); ++i) {
    chosen.mean[i] = moments.mean[from[i]];
    chosen.mean_tail[i] = moments.mean_tail[from[i]];
    for (std::size_t j = 0; j <= i; ++j) {
      chosen.products[i * chosen.stride + j] = moments.product(from[i], from[j]);
    }
  }
  return chosen;
}

MomentsBuilder::MomentsBuilder(std::size_t terms, std::size_t targets)
    : moments_(terms, targets),
      panel_count_(round_up(terms + targets, kLane) / kLane),
      // One row more than a block, so that the panels of one row lie in different cache sets.
      panel_stride_((kBlockRows + 1) * kLane),
      panels_(round_up(panel_count_ * kLane, kPanelGroup) / kLane * panel_stride_, 0.0),
      up_(moments_.stride, 0.0),
      down_(moments_.stride, 0.0),
      sum_(moments_.stride, 0.0),
      weights_(kBlockRows, 0.0),
      row_number_(kBlockRows, 0) {}

void MomentsBuilder::add(const double* terms, const double* targets, double weight,
                         std::size_t row) {
  if (!(weight >= 0) || !std::isfinite(weight)) {
    throw bad_input("row " + std::to_string(row + 1) +
                    ": the weight is negative or not a finite number");
  }
  if (weight == 0) return;
  double* to = panels_.data() + filled_ * kLane;
  const std::size_t columns = moments_.columns();
  std::size_t j = 0;
  for (; j + kLane <= moments_.terms; j += kLane, to += panel_stride_) {
    for (std::size_t lane = 0; lane < kLane; ++lane) {
      to[lane] = terms[j + lane];
      sum_[j + lane] += weight * terms[j + lane];
    }
  }
  for (; j < columns; j += kLane, to += panel_stride_) {
    for (std::size_t c = j; c < columns && c < j + kLane; ++c) {
      const double value = c < moments_.terms ? terms[c] : targets[c - moments_.terms];
      to[c - j] = value;
      sum_[c] += weight * value;
    }
  }
  weights_[filled_] = weight;
  row_number_[filled_] = row;
  if (++filled_ == kBlockRows) flush();
}

void MomentsBuilder::report_bad_value() const {
  for (std::size_t r = 0; r < filled_; ++r) {
    for (std::size_t j = 0; j < moments_.columns(); ++j) {
      const double value = panels_[j / kLane * panel_stride_ + r * kLane + j % kLane];
      if (std::isfinite(value) && std::abs(value) < 1e150) continue;
      const bool is_term = j < moments_.terms;
      throw bad_input("row " + std::to_string(row_number_[r] + 1) + ", " +
                      (is_term ? "column " : "target ") +
                      std::to_string((is_term ? j : j - moments_.terms) + 1) + ": the value is " +
                      (std::isfinite(value) ? "too large to be squared" : "not a finite number"));
    }
  }
  throw bad_input("the weighted squares of rows " + std::to_string(row_number_[0] + 1) + " to " +
                  std::to_string(row_number_[filled_ - 1] + 1) + " overflow");
}

void MomentsBuilder::flush() {
  if (filled_ == 0) return;
  const std::size_t columns = moments_.columns();
  double block_weight = 0;
  bool unit_weights = true;
  for (std::size_t r = 0; r < filled_; ++r) {
    block_weight += weights_[r];
    unit_weights = unit_weights && weights_[r] == 1;
  }
  const double total = moments_.weight + block_weight;
  const double share = block_weight / total;
  const double between = std::sqrt(moments_.weight * share);
  const double within = std::sqrt(block_weight);
  double root[kBlockRows];
  for (std::size_t r = 0; r < filled_; ++r) root[r] = std::sqrt(weights_[r]);

  AlignedVector pivots(panel_count_ * kLane, 0.0);
  for (std::size_t j = 0; j < columns; ++j) {
    pivots[j] = sum_[j] / block_weight;
    // One NaN or infinity among the values shows in their sum, so nobody looks at each of them.
    if (!(std::abs(pivots[j]) < 1e150)) report_bad_value();
  }
  for (std::size_t panel = 0; panel < panel_count_; ++panel) {
    double* block = panels_.data() + panel * panel_stride_;
    const double* pivot = pivots.data() + panel * kLane;
    double drift[kLane] = {};
    for (std::size_t r = 0; r < filled_; ++r) {
      double* row = block + r * kLane;
      if (unit_weights) {
        for (std::size_t lane = 0; lane < kLane; ++lane) {
          row[lane] -= pivot[lane];
          drift[lane] += row[lane];
        }
      } else {
        for (std::size_t lane = 0; lane < kLane; ++lane) {
          const double deviation = row[lane] - pivot[lane];
          drift[lane] += weights_[r] * deviation;
          row[lane] = root[r] * deviation;
        }
      }
    }
    for (std::size_t lane = 0; lane < kLane && panel * kLane + lane < columns; ++lane) {
      const std::size_t j = panel * kLane + lane;
      const double tail = drift[lane] / block_weight;
      const auto [difference, error] = two_sum(pivot[lane], -moments_.mean[j]);
      const double step = difference + (error + (tail - moments_.mean_tail[j]));
      up_[j] = between * step;
      down_[j] = within * tail;
      if (moments_.weight == 0) {
        moments_.mean[j] = pivot[lane];
        moments_.mean_tail[j] = 0;
        move_mean(moments_.mean[j], moments_.mean_tail[j], tail);
      } else {
        move_mean(moments_.mean[j], moments_.mean_tail[j], share * step);
      }
    }
  }
  const DenseKernels& kernels = dense_kernels();
  kernels.add_cross_products(panels_.data(), filled_, panel_stride_, panel_count_,
                             moments_.products.data(), moments_.stride);
  kernels.merge_lower(moments_.products.data(), nullptr, up_.data(), down_.data(), columns,
                      moments_.stride);
  for (std::size_t j = 0; j < columns; ++j) {
    if (!std::isfinite(moments_.products[j * moments_.stride + j])) report_bad_value();
  }
  moments_.rows += filled_;
  moments_.weight = total;
  filled_ = 0;
  sum_.assign(sum_.size(), 0.0);
}

const Moments& MomentsBuilder::finish() {
  flush();
  return moments_;
}

Moments FoldMoments::training(std::size_t held_out) const {
  Moments merged(folds.front().terms, folds.front().targets);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    if (f != held_out) merged.merge(folds[f]);
  }
  return merged;
}

FoldMoments accumulate_moments(const MatrixView& terms, const MatrixView& targets,
                               std::span<const double> weights,
                               std::span<const std::uint32_t> fold_of_row, std::size_t fold_count,
                               unsigned threads) {
  const auto disagree = [&](const char* what, std::size_t count) {
    throw bad_input(std::to_string(terms.rows) + " rows of terms, but " + std::to_string(count) +
                    " " + what);
  };
  if (targets.rows != terms.rows) disagree("targets", targets.rows);
  if (!weights.empty() && weights.size() != terms.rows) disagree("weights", weights.size());
  if (!fold_of_row.empty() && fold_of_row.size() != terms.rows) {
    disagree("fold numbers", fold_of_row.size());
  }
  if (terms.rows == 0) throw bad_input("there are no rows");
  const std::size_t folds = fold_of_row.empty() ? 1 : fold_count;
  std::vector<std::vector<std::uint32_t>> rows_of_fold(folds);
  for (std::size_t r = 0; r < terms.rows; ++r) {
    const std::size_t fold = fold_of_row.empty() ? 0 : fold_of_row[r];
    if (fold >= folds) {
      throw bad_input("row " + std::to_string(r + 1) + ": fold " + std::to_string(fold + 1) +
                      " of " + std::to_string(folds));
    }
    rows_of_fold[fold].push_back(static_cast<std::uint32_t>(r));
  }
  FoldMoments result;
  result.folds.resize(folds);
  run_tasks(folds, threads, [&](std::size_t fold) {
    MomentsBuilder builder(terms.cols, targets.cols);
    const std::vector<std::uint32_t>& rows = rows_of_fold[fold];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t r = rows[i];
      if (i + 2 < rows.size()) {
        const double* ahead = terms.row(rows[i + 2]);
        for (std::size_t j = 0; j < terms.cols; j += kLane) __builtin_prefetch(ahead + j);
      }
      builder.add(terms.row(r), targets.row(r), weights.empty() ? 1.0 : weights[r], r);
    }
    result.folds[fold] = builder.finish();
  });
  return result;
}

}  // namespace neuralpower
