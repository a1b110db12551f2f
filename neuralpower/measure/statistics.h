// SPDX-License-Identifier: Apache-2.0
// Order statistics of repeated measurements: robust against the few that somebody disturbed.
#pragma once

#include <vector>

namespace neuralpower {

// The middle value, or the mean of the two middle ones. `values` must not be empty.
double median_of(std::vector<double> values);

// The order statistics that hold the true median with a probability of at least `confidence`,
// whatever the distribution; the extremes if there are too few values for that.
struct Interval {
  double low = 0, high = 0;
};
Interval median_interval(std::vector<double> values, double confidence = 0.95);

}  // namespace neuralpower
