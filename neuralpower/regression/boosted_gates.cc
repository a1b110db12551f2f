// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/boosted_gates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/relative_loss.h"

namespace neuralpower {
namespace {

constexpr std::size_t kMaxBins = 256;

// Knots midway between neighbours; see the header.
std::vector<double> knots_of(const std::vector<double>& sorted, const std::vector<double>& distinct,
                             std::size_t max_knots) {
  std::vector<double> knots;
  const auto below = [&](std::size_t i) {
    const double knot = distinct[i - 1] + (distinct[i] - distinct[i - 1]) / 2;
    // Between neighbours in the last bit there is nothing; a gate must hold x > knot on one side.
    if (knot < distinct[i] && (knots.empty() || knot > knots.back())) knots.push_back(knot);
  };
  if (distinct.size() <= max_knots) {
    for (std::size_t i = 1; i < distinct.size(); ++i) below(i);
    return knots;
  }
  for (std::size_t k = 1; k < max_knots; ++k) {
    const double quantile = sorted[k * sorted.size() / max_knots];
    const auto at = std::lower_bound(distinct.begin(), distinct.end(), quantile);
    if (at != distinct.begin()) below(static_cast<std::size_t>(at - distinct.begin()));
  }
  return knots;
}

}  // namespace

double Gate::value(double x) const {
  switch (kind) {
    case Kind::kAbove:
      return x > knot ? 1 : 0;
    case Kind::kBelow:
      return x <= knot ? 1 : 0;
    case Kind::kRise:
    case Kind::kFall:
      return std::clamp((x - knot) / (end - knot), 0.0, 1.0);
  }
  return 0;
}

double GateProduct::value(const double* row) const {
  double product = 1;
  for (const Gate& gate : gates) {
    product *= gate.value(row[gate.column]);
    if (product == 0) break;
  }
  return product;
}

GateColumns::GateColumns(std::span<const double> values, std::size_t rows, std::size_t columns,
                         int max_knots)
    : rows_(rows) {
  if (values.size() != rows * columns) throw bad_input("the columns have not the rows' size");
  if (max_knots < 2 || static_cast<std::size_t>(max_knots) >= kMaxBins)
    throw bad_input("knots of a column: between 2 and 255");
  std::vector<double> sorted, distinct;
  for (std::size_t j = 0; j < columns; ++j) {
    Column column;
    column.index = static_cast<std::uint32_t>(j);
    column.x.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) column.x[i] = values[i * columns + j];
    sorted = column.x;
    std::sort(sorted.begin(), sorted.end());
    distinct.clear();
    std::unique_copy(sorted.begin(), sorted.end(), std::back_inserter(distinct));
    column.knots = knots_of(sorted, distinct, static_cast<std::size_t>(max_knots));
    if (column.knots.empty()) continue;
    column.low = sorted.front();
    column.high = sorted.back();
    column.bin.resize(rows);
    for (std::size_t i = 0; i < rows; ++i)
      column.bin[i] = static_cast<std::uint8_t>(
          std::lower_bound(column.knots.begin(), column.knots.end(), column.x[i]) -
          column.knots.begin());
    if (distinct.size() == column.knots.size() + 1) {
      column.one_value_a_bin = true;
      column.bin_value = distinct;
    }
    columns_.push_back(std::move(column));
  }
}

// What a search adds up of the rows in one bin, or of all rows on one side of a knot.
struct GateSums {
  double count = 0, a = 0, h = 0, ax = 0, hx = 0, hxx = 0;

  void add(const GateSums& other) {
    count += other.count;
    a += other.a;
    h += other.h;
    ax += other.ax;
    hx += other.hx;
    hxx += other.hxx;
  }
  GateSums minus(const GateSums& other) const {
    return {count - other.count, a - other.a,   h - other.h,
            ax - other.ax,       hx - other.hx, hxx - other.hxx};
  }
};

class GateBooster {
 public:
  GateBooster(const GateColumns& columns, std::span<const double> target,
              const BoostOptions& options, std::span<const double> weights)
      : columns_(columns.columns_),
        target_(target),
        row_weights_(weights),
        options_(options),
        f_(target.size()),
        weight_(target.size()),
        residual_(target.size()),
        product_(target.size()),
        stride_(1 + (target.size() - 1) / static_cast<std::size_t>(options.rows_searched)) {}

  BoostedGates fit() {
    BoostedGates fit;
    fit.intercept =
        std::accumulate(target_.begin(), target_.end(), 0.0) / static_cast<double>(target_.size());
    std::fill(f_.begin(), f_.end(), fit.intercept);
    for (int round = 0; round < options_.rounds; ++round) {
      take_newton_weights();
      GateProduct product = next_product(static_cast<std::size_t>(round) % stride_);
      if (product.gates.empty()) break;
      for (std::size_t i = 0; i < f_.size(); ++i) f_[i] += product.coefficient * product_[i];
      fit.products.push_back(std::move(product));
    }
    return fit;
  }

 private:
  struct Found {
    double gain = 0, a = 0, h = 0;
    const GateColumns::Column* column = nullptr;
    Gate gate;
  };

  void take_newton_weights() {
    for (std::size_t i = 0; i < f_.size(); ++i) {
      const double excess = f_[i] - target_[i];
      const NewtonStep step =
          options_.relative ? relative_newton_step(excess) : squared_newton_step(excess);
      weight_[i] = row_weights_.empty() ? step.weight : step.weight * row_weights_[i];
      residual_[i] = step.residual;
    }
  }

  // Leaves the product's values in product_. Looks at every stride-th row from `first` on.
  GateProduct next_product(std::size_t first) {
    GateProduct result;
    std::fill(product_.begin(), product_.end(), 1.0);
    double gain = 0;
    for (int depth = 0; depth < options_.depth; ++depth) {
      rows_.clear();
      a_.clear();
      h_.clear();
      for (std::size_t i = first; i < product_.size(); i += stride_) {
        if (product_[i] <= 0) continue;
        const double wp = weight_[i] * product_[i];
        rows_.push_back(static_cast<std::uint32_t>(i));
        a_.push_back(wp * residual_[i]);
        h_.push_back(wp * product_[i]);
      }
      if (depth > 0 && static_cast<double>(rows_.size()) < 2 * options_.min_rows) break;
      Found best;
      for (const GateColumns::Column& column : columns_) search(column, best);
      if (!best.column || best.gain <= gain * (1 + (depth > 0 ? options_.grow : 0))) break;
      gain = best.gain;
      result.gates.push_back(best.gate);
      result.coefficient = options_.rate * best.a / (best.h + options_.ridge);
      for (std::size_t i = 0; i < product_.size(); ++i)
        if (product_[i] > 0) product_[i] *= best.gate.value(best.column->x[i]);
    }
    if (stride_ > 1) result.coefficient = coefficient_of_all();
    return result;
  }

  double coefficient_of_all() const {
    double a = 0, h = 0;
    for (std::size_t i = 0; i < product_.size(); ++i) {
      const double wz = weight_[i] * product_[i];
      a += wz * residual_[i];
      h += wz * product_[i];
    }
    return options_.rate * a / (h + options_.ridge);
  }

  // Sums of a column's bins. The inner loop of training: every row, column, depth and round.
  void fill_bins(const GateColumns::Column& column) {
    const std::size_t bins = column.knots.size() + 1;
    std::fill_n(bins_.begin(), bins, GateSums{});
    const std::uint8_t* bin = column.bin.data();
    const std::uint32_t* row = rows_.data();
    const double *a = a_.data(), *h = h_.data();
    const std::size_t count = rows_.size();
    const bool all_rows = count == column.bin.size();
    const auto add_all = [&](auto row_at) {
      if (column.one_value_a_bin || !options_.ramps) {
        for (std::size_t t = 0; t < count; ++t) {
          GateSums& sums = bins_[bin[row_at(t)]];
          sums.count += 1;
          sums.a += a[t];
          sums.h += h[t];
        }
      } else {
        const double* value = column.x.data();
        for (std::size_t t = 0; t < count; ++t) {
          const std::size_t i = row_at(t);
          GateSums& sums = bins_[bin[i]];
          const double x = value[i], hx = h[t] * x;
          sums.count += 1;
          sums.a += a[t];
          sums.h += h[t];
          sums.ax += a[t] * x;
          sums.hx += hx;
          sums.hxx += hx * x;
        }
      }
    };
    if (all_rows) {
      add_all([](std::size_t t) { return t; });
    } else {
      add_all([row](std::size_t t) { return static_cast<std::size_t>(row[t]); });
    }
    if (column.one_value_a_bin)
      for (std::size_t b = 0; b < bins; ++b) {
        GateSums& sums = bins_[b];
        const double x = column.bin_value[b];
        sums.ax = sums.a * x;
        sums.hx = sums.h * x;
        sums.hxx = sums.hx * x;
      }
  }

  void search(const GateColumns::Column& column, Found& best) {
    fill_bins(column);
    GateSums total, below;
    for (std::size_t b = 0; b <= column.knots.size(); ++b) total.add(bins_[b]);
    for (std::size_t k = 0; k < column.knots.size(); ++k) {
      below.add(bins_[k]);
      const GateSums above = total.minus(below);
      if (below.count < 0.5 || above.count < 0.5) continue;
      const double knot = column.knots[k];
      const auto consider = [&](double a, double h, Gate::Kind kind, double rows, double end) {
        if (rows < options_.min_rows || !(h > 0)) return;
        const double gain = a * a / (h + options_.ridge);
        if (gain > best.gain * (1 + 1e-9))
          best = {gain, a, h, &column, {column.index, kind, knot, end}};
      };
      if (options_.steps) {
        consider(above.a, above.h, Gate::Kind::kAbove, above.count, 0);
        consider(below.a, below.h, Gate::Kind::kBelow, below.count, 0);
      }
      if (options_.ramps) {
        const double up = 1 / (column.high - knot), down = 1 / (knot - column.low);
        consider((above.ax - knot * above.a) * up,
                 (above.hxx - 2 * knot * above.hx + knot * knot * above.h) * up * up,
                 Gate::Kind::kRise, above.count, column.high);
        consider((knot * below.a - below.ax) * down,
                 (below.hxx - 2 * knot * below.hx + knot * knot * below.h) * down * down,
                 Gate::Kind::kFall, below.count, column.low);
      }
    }
  }

  const std::vector<GateColumns::Column>& columns_;
  std::span<const double> target_, row_weights_;
  const BoostOptions& options_;
  std::vector<double> f_, weight_, residual_, product_;
  std::size_t stride_;
  std::vector<std::uint32_t> rows_;  // where the product so far is not 0
  std::vector<double> a_, h_;        // of those rows
  std::array<GateSums, kMaxBins> bins_;
};

void BoostedGates::stages(const double* row, std::vector<double>& stages) const {
  stages.clear();
  double f = intercept;
  stages.push_back(f);
  for (const GateProduct& product : products)
    stages.push_back(f += product.coefficient * product.value(row));
}

double BoostedGates::value(const double* row) const {
  double f = intercept;
  for (const GateProduct& product : products) f += product.coefficient * product.value(row);
  return f;
}

BoostedGates fit_boosted_gates(const GateColumns& columns, std::span<const double> target,
                               const BoostOptions& options, std::span<const double> weights) {
  if (target.size() != columns.rows()) throw bad_input("the target has not the columns' rows");
  if (!weights.empty() && weights.size() != target.size())
    throw bad_input("the weights have not the target's rows");
  if (target.empty()) throw bad_input("a correction of no rows");
  return GateBooster(columns, target, options, weights).fit();
}

}  // namespace neuralpower
