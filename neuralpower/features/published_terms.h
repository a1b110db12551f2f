// SPDX-License-Identifier: Apache-2.0
// The terms of the published method (Cai et al., "NeuralPower", ACML 2017, equations 1 and 2, with
// the base features and special terms that the authors' programs use).
//
// Runtime: all monomials of the base features up to a total degree, plus special products that
// count operations and memory accesses. Power: the same over the features and their logarithms to
// base 2.
//
//   conv     N Ho Wo kw Ci Co Hi     cubic (119) + 8 runtime; quadratic with log2 (119) + 8 power
//   fc       N Co Hi Wi Ci           quadratic (20) + 1; quadratic with log2 (65)
//   pool, norm   N Ho Wo C kh Hi     cubic (83) + 3; quadratic with log2 (90) + 3
//   concat   N H W C c1..c6          linear (10) + 5; quadratic (65) + 5
//   dropout  keep N H W C            linear (5) + 2; linear + 2
// The intercept is besides. Kinds the paper has no list for (activation, softmax, element-wise,
// ...) take N H W C quadratically, plus their product.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/features/target.h"

namespace neuralpower {

// The published total degree for this key and target.
int published_degree(std::string_view key, Target target);

// Term names up to `degree` (1 or more), special terms included.
std::vector<std::string> published_terms(std::string_view key, Target target, int degree);

}  // namespace neuralpower
