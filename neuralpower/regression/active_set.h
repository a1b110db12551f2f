// SPDX-License-Identifier: Apache-2.0
// The numeric kernel: the exact minimiser of
//
//   1/2 b'Gb - c'b + l1 sum f_i |b_i| + l2/2 sum f_i b_i^2      (b_i >= 0 if asked for)
//
// by an active-set method. For a given support and signs the minimiser solves one linear system,
// for which a Cholesky factor of the support's Gram matrix is kept and changed by one column at a
// time. A step that would carry a coefficient through zero stops there and drops it; when the
// support is optimal, the term whose gradient exceeds its penalty most comes in. Every step lowers
// the objective, so a support never returns and the method ends, whatever the condition of G:
// conditioning costs no iterations, unlike coordinate descent. A term that depends linearly on the
// support comes in by exchange: the objective falls linearly along the null direction until another
// term reaches zero.
//
// The idea is feature-sign search (Lee, Battle, Raina, Ng 2006) with warm starts along the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neuralpower/regression/aligned_vector.h"
#include "neuralpower/regression/standardise.h"

namespace neuralpower {

class ActiveSetSolver {
 public:
  // `problem` must outlive the solver. `factors` are the penalty factors f of its columns, >= 0.
  ActiveSetSolver(const StandardisedProblem& problem, std::vector<double> factors,
                  bool non_negative);

  // Moves from the present solution (zero at first) to the one for l1 and l2. A term enters while
  // its gradient exceeds its penalty by more than tolerance * l1 and the rounding of the gradient.
  // Returns false if max_steps changes of the support did not suffice.
  bool solve(double l1, double l2, double tolerance, std::size_t max_steps);

  std::span<const std::uint32_t> support() const { return support_; }
  double coefficient(std::size_t column) const { return coefficients_[column]; }
  std::size_t steps() const { return steps_; }

  // How much of a gradient may be rounding: 4 eps (sum |b| + sqrt(target_square)).
  double rounding() const { return rounding_; }

  // c - Gb - l2 f b at the present solution.
  std::span<const double> gradient() const { return {gradient_.data(), problem_.size()}; }

  // Largest violation of the optimality conditions: | |gradient_i| - l1 f_i | on the support,
  // |gradient_i| - l1 f_i beyond it (gradient_i - l1 f_i if non-negative).
  double violation() const;

  // An upper bound on the excess of the objective over its minimum (duality).
  double duality_gap() const;

 private:
  double target(std::size_t position) const;
  void compute_gradient();
  void solve_on_support(AlignedVector& x) const;
  void settle_support();
  void polish();
  void append(std::uint32_t column);
  void drop(std::size_t position);
  void refactor();
  void enter(std::uint32_t column);

  // Forward solve of the support's products with `column` into entering_; returns its squared
  // distance from the span of the support.
  double project(std::uint32_t column);

  const StandardisedProblem& problem_;
  std::vector<double> factors_;
  bool non_negative_;
  double l1_ = 0, l2_ = 0, rounding_ = 0;
  std::size_t steps_ = 0;
  std::vector<std::uint32_t> support_;
  std::vector<double> sign_;              // of the support's coefficients, 0 where unpenalised
  std::vector<std::uint8_t> in_support_;  // by column
  std::vector<std::uint8_t> refused_;     // by column: cannot improve beyond rounding at this l1
  AlignedVector coefficients_;            // by column
  AlignedVector gradient_;                // by column
  AlignedVector factor_, diagonal_, inverse_diagonal_;
  AlignedVector goal_, entering_, rotated_, packed_;
};

}  // namespace neuralpower
