// SPDX-License-Identifier: Apache-2.0
// How good polynomials of one degree and another are (figure 3 of Cai et al. 2017): the published
// terms up to each degree, the Lasso penalty of least ten-fold cross-validated error, and the error
// on rows that the fit did not see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "neuralpower/features/target.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct DegreeError {
  std::string key;
  Target target = Target::kRuntime;
  int degree = 0;
  std::size_t terms = 0, rows = 0;  // terms to choose from
  double rmspe = 0, rmse = 0;       // held out; per cent, and ms or W
};

// Keys with at least ten configurations, by key, target and degree. Predictions are clamped at the
// smallest value measured, as the published program clamps runtimes.
std::vector<DegreeError> degree_errors(const std::vector<Sample>& samples, int highest_degree,
                                       std::uint64_t seed, unsigned threads);

}  // namespace neuralpower
