// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/statistics.h"

#include <algorithm>
#include <cmath>

namespace neuralpower {

double median_of(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half),
                   values.end());
  if (values.size() % 2 == 1) return values[half];
  return (*std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half)) +
          values[half]) /
         2;
}

Interval median_interval(std::vector<double> values, double confidence) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  // The number of values below the median is binomial(n, 1/2): leave out as many at each end as
  // the probability of missing it allows.
  double outside = std::pow(0.5, static_cast<double>(n)), term = outside;
  std::size_t left_out = 0;
  while (left_out + 1 < (n + 1) / 2) {
    term *= static_cast<double>(n - left_out) / static_cast<double>(left_out + 1);
    if (2 * (outside + term) > 1 - confidence) break;
    outside += term;
    ++left_out;
  }
  return {values[left_out], values[n - 1 - left_out]};
}

}  // namespace neuralpower
