// SPDX-License-Identifier: Apache-2.0
// Moments of one target on the scale where every term has deviation one: the problem a solver sees.
//
// gram_ij = product_ij / (weight sd_i sd_j), xty_i = product_iy / (weight sd_i), target_square =
// product_yy / weight, with sd_i^2 = product_ii / weight. Without an intercept the products are
// taken about zero instead of the means, and sd is the root mean square. Terms that cannot or need
// not take part are left out: constants, and copies of an earlier term (correlation +1 or -1 with
// all second moments equal up to rounding).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "neuralpower/regression/aligned_vector.h"
#include "neuralpower/regression/moments.h"

namespace neuralpower {

struct StandardisedProblem {
  std::vector<std::size_t> term;  // of each column kept, ascending
  std::vector<double> deviation;  // sd of each column kept
  std::size_t stride = 0;
  AlignedVector gram;  // full symmetric matrix, unit diagonal, padded with zeros
  AlignedVector xty;   // padded
  double target_square = 0;

  std::size_t size() const { return term.size(); }
};

// All terms that are not constant, copies included.
StandardisedProblem standardise_all(const Moments& moments, std::size_t target, bool intercept);

// The terms worth solving for. Of several copies that of the lowest `preference` stays, the first
// of equals (empty: all are equal); terms of infinite preference are left out.
enum class Copies {
  kKeepAll,       // a ridge penalty shares the weight among copies, so none can stand for another
  kDropSameSign,  // where signs are bound, a term of correlation -1 is no copy
  kDrop,
};
StandardisedProblem standardise(const Moments& moments, std::size_t target, bool intercept,
                                std::span<const double> preference = {},
                                Copies copies = Copies::kDrop);

// The moments of other rows on the scale and terms of `problem`; gram's diagonal is then not one.
StandardisedProblem on_scale_of(const StandardisedProblem& problem, const Moments& moments,
                                std::size_t target, bool intercept);

}  // namespace neuralpower
