// SPDX-License-Identifier: Apache-2.0
// Calibrated intervals: split-conformal bands on held-out ratios (Vovk et al. 2005; Lei et al.
// 2018); where rows are too few for order statistics, the interval of a lognormal ratio.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "neuralpower/model/layer_model.h"

namespace neuralpower {

// Rows are sorted by prediction and cut into bands of equal number (at least 50 rows each, at most
// `max_bands`). In a band of n rows, low and high are the order statistics of true / predicted of
// rank floor((n+1) a/2) and ceil((n+1) (1-a/2)) with a = 1 - `coverage`: for exchangeable rows, a
// new one falls between them with at least this probability. Fewer than kConformalRows cannot say
// that much: then the band also spans exp(m +- t s sqrt(1 + 1/n)), with m and s the mean and the
// standard deviation of log(true / predicted) and t Student's quantile for 90 %. Non-positive
// predictions are passed over.
inline constexpr std::size_t kConformalRows = 19;
std::vector<IntervalBand> conformal_bands(std::span<const double> truth,
                                          std::span<const double> held_out_prediction,
                                          double coverage = 0.9, int max_bands = 5);

// One band for rows that come in groups, such as one network at several batch sizes, whose errors
// are alike. With fewer than kConformalRows groups, n above is the number of groups: the band is of
// a new group.
std::vector<IntervalBand> grouped_band(std::span<const double> truth,
                                       std::span<const double> held_out_prediction,
                                       std::span<const std::string> groups);

}  // namespace neuralpower
