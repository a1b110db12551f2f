// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/moments.h"

#include <algorithm>
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

const char* fault(double value) {
  return std::isfinite(value) ? "too large to be squared" : "not a finite number";
}

// The mean moves by `step`, keeping the tail small.
void move_mean(double& mean, double& tail, double step) {
  const auto [sum, error] = two_sum(mean, step);
  const auto [head, rest] = two_sum(sum, tail + error);
  mean = head;
  tail = rest;
}

// All of a merge but the products: these then gain other's and up up'.
void merge_columns(Moments& moments, const Moments& other, AlignedVector& up) {
  const double total = moments.weight + other.weight;
  const double share = other.weight / total;
  const double scale = std::sqrt(moments.weight * share);
  for (std::size_t i = 0; i < moments.columns(); ++i) {
    const double step = moments.mean_difference(i, other);
    up[i] = scale * step;
    move_mean(moments.mean[i], moments.mean_tail[i], share * step);
  }
  moments.rows += other.rows;
  moments.weight = total;
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
  AlignedVector up(stride, 0.0), down(stride, 0.0);
  merge_columns(*this, other, up);
  dense_kernels().merge_lower(products.data(), other.products.data(), up.data(), down.data(),
                              columns(), stride);
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

Error bad_value(std::size_t row, std::size_t term, double value) {
  return bad_input("row " + std::to_string(row + 1) + ", column " + std::to_string(term + 1) +
                   ": the value is " + fault(value));
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
  const std::size_t whole = moments_.terms / kLane;
  dense_kernels().pack_row(terms, whole, weight, to, panel_stride_, sum_.data());
  for (std::size_t j = whole * kLane; j < moments_.columns(); ++j) {
    const double value = j < moments_.terms ? terms[j] : targets[j - moments_.terms];
    to[j / kLane * panel_stride_ + j % kLane] = value;
    sum_[j] += weight * value;
  }
  weights_[filled_] = weight;
  row_number_[filled_] = row;
  if (++filled_ < kBlockRows) return;
  flush();
  if (++blocks_ == kPartBlocks) settle();
}

void MomentsBuilder::report_bad_value() const {
  for (std::size_t r = 0; r < filled_; ++r) {
    for (std::size_t j = 0; j < moments_.columns(); ++j) {
      const double value = panels_[j / kLane * panel_stride_ + r * kLane + j % kLane];
      if (std::isfinite(value) && std::abs(value) < 1e150) continue;
      if (j < moments_.terms) throw bad_value(row_number_[r], j, value);
      throw bad_input("row " + std::to_string(row_number_[r] + 1) + ", target " +
                      std::to_string(j - moments_.terms + 1) + ": the value is " + fault(value));
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
  const DenseKernels& kernels = dense_kernels();
  for (std::size_t panel = 0; panel < panel_count_; ++panel) {
    const double* pivot = pivots.data() + panel * kLane;
    alignas(64) double drift[kLane];
    kernels.centre_panel(panels_.data() + panel * panel_stride_, filled_, pivot,
                         unit_weights ? nullptr : weights_.data(), root, drift);
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

// Adds the present part to those before it.
void MomentsBuilder::settle() {
  blocks_ = 0;
  Moments part = std::exchange(moments_, Moments(moments_.terms, moments_.targets));
  if (settled_.weight == 0) {
    settled_ = std::move(part);
    lost_.assign(settled_.products.size(), 0.0);
    return;
  }
  merge_columns(settled_, part, up_);
  dense_kernels().merge_lower_compensated(settled_.products.data(), lost_.data(),
                                          part.products.data(), up_.data(), part.columns(),
                                          part.stride);
}

Moments MomentsBuilder::finish() {
  flush();
  if (settled_.weight == 0) return std::move(moments_);
  if (moments_.weight > 0) settle();
  for (std::size_t i = 0; i < lost_.size(); ++i) settled_.products[i] += lost_[i];
  return std::move(settled_);
}

Moments FoldMoments::training(std::size_t held_out) const {
  if (folds.empty()) throw bad_input("there are no folds");
  Moments merged(folds.front().terms, folds.front().targets);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    if (f != held_out) merged.merge(folds[f]);
  }
  return merged;
}

FoldMoments select_terms(const FoldMoments& folds, std::span<const std::size_t> kept) {
  FoldMoments chosen;
  for (const Moments& fold : folds.folds) chosen.folds.push_back(select_terms(fold, kept));
  return chosen;
}

FoldMomentsBuilder::FoldMomentsBuilder(std::size_t terms, std::size_t targets,
                                       std::size_t fold_count)
    : terms_(terms), targets_(targets) {
  for (std::size_t f = 0; f < fold_count; ++f) builders_.emplace_back(terms, targets);
}

void FoldMomentsBuilder::add(const RowBlock& block, unsigned threads) {
  const std::size_t rows = block.terms.rows, folds = builders_.size();
  const auto disagree = [&](const char* what, std::size_t count) {
    throw bad_input(std::to_string(rows) + " rows of terms, but " + std::to_string(count) + " " +
                    what);
  };
  if (block.terms.cols != terms_ || block.targets.cols != targets_) {
    throw bad_input("a block of " + std::to_string(block.terms.cols) + " terms and " +
                    std::to_string(block.targets.cols) + " targets where " +
                    std::to_string(terms_) + " and " + std::to_string(targets_) + " are expected");
  }
  if (block.targets.rows != rows) disagree("targets", block.targets.rows);
  if (!block.weights.empty() && block.weights.size() != rows) {
    disagree("weights", block.weights.size());
  }
  if (!block.folds.empty() && block.folds.size() != rows) {
    disagree("fold numbers", block.folds.size());
  }
  for (std::size_t r = 0; r < block.folds.size(); ++r) {
    if (block.folds[r] >= folds) {
      throw bad_input("row " + std::to_string(rows_ + r + 1) + ": fold " +
                      std::to_string(block.folds[r] + 1) + " of " + std::to_string(folds));
    }
  }
  // A fold's rows reach its builder in their order, whoever carries them.
  const std::size_t tasks = std::clamp<std::size_t>(threads, 1, folds);
  run_tasks(tasks, threads, [&](std::size_t task) {
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t fold = block.folds.empty() ? 0 : block.folds[r];
      if (fold % tasks != task) continue;
      builders_[fold].add(block.terms.row(r), block.targets.row(r),
                          block.weights.empty() ? 1.0 : block.weights[r], rows_ + r);
    }
  });
  rows_ += rows;
}

FoldMoments FoldMomentsBuilder::finish() {
  if (rows_ == 0) throw bad_input("there are no rows");
  FoldMoments result;
  for (MomentsBuilder& builder : builders_) result.folds.push_back(builder.finish());
  return result;
}

FoldMoments accumulate_moments(const MatrixView& terms, const MatrixView& targets,
                               std::span<const double> weights,
                               std::span<const std::uint32_t> fold_of_row, std::size_t fold_count,
                               unsigned threads) {
  FoldMomentsBuilder builder(terms.cols, targets.cols, fold_of_row.empty() ? 1 : fold_count);
  builder.add({terms, targets, weights, fold_of_row}, threads);
  return builder.finish();
}

}  // namespace neuralpower
