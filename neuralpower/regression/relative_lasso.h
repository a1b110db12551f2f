// SPDX-License-Identifier: Apache-2.0
// The Lasso under a relative loss: f(x) = intercept + sum_t c_t z_t(x) such that exp(f) is close to
// exp(r), for few of many given columns z (Tibshirani 1996). Friedman and Popescu (2008,
// "Predictive learning via rule ensembles", section 3) choose so among the rules that boosting
// found.
//
// Minimises  (1/rows) sum_i weight_i l(f_i - r_i) + penalty sum_t |c_t|,  l being the loss of
// regression/relative_loss.h (its slope held where e is under 1/4 or over 2) or, with relative =
// false, (f - r)^2 / 2. Columns are not scaled: of columns between 0 and 1, one that few rows have
// must explain more of each.
//
// Solved for falling penalties, each from the solution before, by Newton steps whose weighted Lasso
// is solved by coordinate descent (Friedman, Hastie and Tibshirani 2010).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neuralpower {

struct RelativeLassoOptions {
  int penalties = 30;  // equally far apart on a logarithmic scale
  double first_penalty = 0.1;
  double last_penalty = 6e-5;
  bool relative = true;
};

// A column of 0s but for these rows; most products of gates are 0 in most rows.
struct SparseColumn {
  std::vector<std::uint32_t> rows;
  std::vector<double> values;

  void add(std::size_t row, double value) {
    if (value == 0) return;
    rows.push_back(static_cast<std::uint32_t>(row));
    values.push_back(value);
  }
};

struct RelativeLassoFit {
  double penalty = 0;
  double intercept = 0;  // without penalty
  std::vector<double> coefficients;

  double value(std::span<const double> columns) const;
};

// `target` is r, a row each. `weights`, a row each, multiply those of the loss; without them all
// are
// 1. A fit for each penalty, the largest first.
std::vector<RelativeLassoFit> fit_relative_lasso(std::span<const SparseColumn> columns,
                                                 std::span<const double> target,
                                                 const RelativeLassoOptions& options,
                                                 std::span<const double> weights = {});

}  // namespace neuralpower
