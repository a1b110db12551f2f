// SPDX-License-Identifier: Apache-2.0
// What the default method may build a model of: for each key the physical terms whose sum is the
// cost of a layer, and the quantities that its correction may look at. All are text in the grammar
// of features/term.h; a model keeps those that the data ask for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/features/target.h"

namespace neuralpower {

struct CandidateTerms {
  // Terms of cost with non-negative coefficients; the first `small` of them make the small sum.
  std::vector<std::string> costs;
  std::size_t small = 0;
  // Quantities for steps and ramps: "log2(x)" for one seen on a logarithmic scale, "[x==0]" for a
  // yes or no, anything else as it is.
  std::vector<std::string> quantities;
  // The same for power: an idle part, and one for each rate of operations and bytes.
  std::vector<std::string> powers;
  // More quantities for power: the rates that follow from the runtime.
  std::vector<std::string> rates;
};

CandidateTerms candidate_terms(std::string_view key);

// The same for a model that is adapted from another device's: what that one predicts ("base") is
// the first cost, of power beside a constant the only one, and a quantity.
CandidateTerms candidate_terms(std::string_view key, Target target, bool adapted);

}  // namespace neuralpower
