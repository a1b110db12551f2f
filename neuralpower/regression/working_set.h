// SPDX-License-Identifier: Apache-2.0
// All terms of a matrix in memory, standardised once, to find those that the optimality conditions
// of a Lasso path ask for. The check costs one pass over the rows for each coefficient vector, but
// no second moments of the terms that no path uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "neuralpower/regression/aligned_vector.h"
#include "neuralpower/regression/cross_validation.h"

namespace neuralpower {

class TermScreen {
 public:
  // `rows` and `options` must outlive the screen and have been checked, the values of the terms
  // excepted: throws (bad input, naming row and column) on one that is not finite.
  TermScreen(const RowBlock& rows, std::size_t fold_count, const PathOptions& options,
             std::size_t target, unsigned threads);

  std::size_t used_rows() const { return used_.size(); }

  // The unpenalised terms and `count` others of the largest gradient at zero, none of them an exact
  // copy of another; ascending.
  std::vector<std::size_t> first_terms(std::size_t count) const;

  struct Violations {
    // A term: the largest excess of its gradient over its penalty and the tolerance, over
    // lambda_max; nothing where it is not positive, and for terms of the working set.
    std::vector<double> excess;
    std::vector<double>
        kkt;  // a penalty: the largest excess over the penalty alone, over lambda_max
    bool any = false;
  };

  // `path`, on the rows without `fold` (all rows for the number of folds), goes over the terms
  // `working`; every `step`-th penalty and the last are looked at.
  Violations check(const LassoPath& path, std::size_t fold, const std::vector<std::size_t>& working,
                   std::size_t step) const;

  // `working` and at most `count` of the worst violators; of terms that are all but affine images
  // of each other one comes in at a time: the next time the others hardly violate any more.
  std::vector<std::size_t> extend(const std::vector<std::size_t>& working,
                                  const Violations& violations, std::size_t count) const;

 private:
  void standardise_panel(std::size_t panel);
  [[noreturn]] void report_bad_value(std::size_t first_term) const;
  bool are_alike(std::size_t a, std::size_t b) const;
  double factor(std::size_t term) const {
    return options_.penalty_factors.empty() ? 1.0 : options_.penalty_factors[term];
  }

  const RowBlock& rows_;
  const PathOptions& options_;
  std::size_t target_, fold_count_;
  std::vector<std::size_t> used_;    // rows of positive weight
  std::vector<double> weight_;       // of the used rows
  std::vector<std::uint32_t> fold_;  // of the used rows
  std::size_t panel_count_, panel_stride_;
  AlignedVector panels_;           // standardised over all rows
  std::vector<double> deviation_;  // (fold_count + 1) x padded terms: without each fold, and of all
  std::vector<double> start_;      // gradient at zero, a term
  double target_deviation_ = 0;
};

}  // namespace neuralpower
