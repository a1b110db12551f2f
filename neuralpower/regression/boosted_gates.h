// SPDX-License-Identifier: Apache-2.0
// BoostedGates: a correction f(x) = intercept + sum_t coefficient_t prod factor(x_column), fitted
// so that exp(f) is close to exp(r) in relative error. Factors ("gates") lie between 0 and 1:
//
//   above   x > knot          rise   (x - knot) / (high - knot), held in 0..1
//   below   x <= knot         fall   (knot - x) / (knot - low), held in 0..1
//
// low and high being the column's range in the rows fitted: outside it a gate keeps its last value.
//
// Fit: rounds of a greedy search for the next product (Friedman 2001's boosting with the basis of
// Friedman's 1991 regression splines, plus steps). A round takes a Newton step of the loss of
// regression/relative_loss.h, with weights w and residuals q. Of a product z of gates the gain is
// A^2 / (H + ridge) with A = sum w q z and H = sum w z^2, its coefficient rate x A / (H + ridge). A
// product starts from the best single gate and takes a further one while that raises the gain by
// the share `grow`, up to `depth`.
//
// Where rows are more than rows_searched, a round looks for its product among every so-manieth of
// them, another part each round; the coefficient is that of all rows.
//
// Candidates for knots lie midway between neighbouring values: all of them where a column has at
// most max_knots values, else below each of its quantiles. No randomness; ties go to the first
// column, then the lowest knot, then above, below, rise, fall.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace neuralpower {

struct BoostOptions {
  int rounds = 150;
  int depth = 4;              // gates in a product
  double rate = 0.3;          // share of each step that is taken
  double ridge = 6;           // in rows
  double min_rows = 4;        // on the side of a gate where it is not 0
  double grow = 0.05;         // what a further gate must add to the gain
  int max_knots = 16;         // one more than the knots of a column with many values
  int rows_searched = 10000;  // of more rows each round looks for its product in such a part
  bool steps = true;          // above, below
  bool ramps = true;          // rise, fall
  bool relative = true;       // false: squared error of f itself
};

struct Gate {
  enum class Kind : std::uint8_t { kAbove, kBelow, kRise, kFall };
  std::uint32_t column = 0;
  Kind kind = Kind::kAbove;
  double knot = 0;
  double end = 0;  // of a ramp, where it reaches 1
  auto operator<=>(const Gate&) const = default;

  double value(double x) const;
};

struct GateProduct {
  std::vector<Gate> gates;
  double coefficient = 0;
  double value(const double* row) const;
};

// The columns that corrections are made of, sorted into bins once for any number of fits.
class GateColumns {
 public:
  // `values` is row-major, rows x columns. Columns without two different values take no part.
  GateColumns(std::span<const double> values, std::size_t rows, std::size_t columns, int max_knots);

  std::size_t rows() const { return rows_; }

 private:
  friend class GateBooster;
  struct Column {
    std::uint32_t index = 0;
    double low = 0, high = 0;
    bool one_value_a_bin = false;
    std::vector<double> knots;
    std::vector<double> bin_value;  // where a bin holds one value
    std::vector<std::uint8_t> bin;  // of each row
    std::vector<double> x;          // of each row
  };
  std::size_t rows_ = 0;
  std::vector<Column> columns_;
};

struct BoostedGates {
  double intercept = 0;
  std::vector<GateProduct> products;  // in the order of their rounds

  // f after each number of rounds: stages[k], k = 0 .. products.size().
  void stages(const double* row, std::vector<double>& stages) const;
  double value(const double* row) const;
};

// Fits `target` (r, a row each). `weights`, a row each, multiply those of the loss; without them
// all are 1. Ends before `rounds` if no product has a gain.
BoostedGates fit_boosted_gates(const GateColumns& columns, std::span<const double> target,
                               const BoostOptions& options, std::span<const double> weights = {});

}  // namespace neuralpower
