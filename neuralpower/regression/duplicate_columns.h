// SPDX-License-Identifier: Apache-2.0
// Terms that say the same twice. With a free intercept a term and any affine image of it are
// interchangeable in a linear model, so "copy" means a correlation of +1 or -1.
//
// An exact copy agrees with its original in all second moments, up to their rounding; a near copy
// only in the correlation, up to a tolerance the caller names. Exact copies never change a Lasso
// solution's predictions; dropping near copies may, within the tolerance.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/regression/moments.h"
#include "neuralpower/regression/standardise.h"

namespace neuralpower {

struct DuplicateColumns {
  // For each term the one that stands for it: itself if it is kept.
  std::vector<std::size_t> stands_for;
  std::vector<std::size_t> kept;  // ascending, without the constants
  std::vector<std::size_t> constant;
  // term = scale x the one standing for it + a constant; 0 for constants.
  std::vector<double> scale;
};

// Among copies the term with the shortest name is kept, the first of equals; `names` may be empty.
// Near copies count where 1 - |correlation| <= tolerance. They are compared with kept terms only,
// so a chain of near copies does not drift. Throws (bad input) unless there is a name a term.
DuplicateColumns find_duplicate_columns(const Moments& moments,
                                        std::span<const std::string> names = {},
                                        double tolerance = 0);

// The same for columns on a solver's scale: for each the position of the one that stands for it.
std::vector<std::size_t> find_copies(const StandardisedProblem& problem,
                                     std::span<const double> preference, bool mirrored,
                                     double tolerance = 0);

}  // namespace neuralpower
