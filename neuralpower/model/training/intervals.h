// SPDX-License-Identifier: Apache-2.0
// Calibrated intervals: split-conformal bands on held-out ratios (Vovk et al. 2005; Lei et al.
// 2018).
#pragma once

#include <span>
#include <vector>

#include "neuralpower/model/layer_model.h"

namespace neuralpower {

// Rows are sorted by prediction and cut into bands of equal number (at least 50 rows each, at most
// `max_bands`). In a band of n rows, low and high are the order statistics of true / predicted of
// rank floor((n+1) a/2) and ceil((n+1) (1-a/2)) with a = 1 - `coverage`: for exchangeable rows, a
// new one falls between them with at least this probability. Non-positive predictions are passed
// over.
std::vector<IntervalBand> conformal_bands(std::span<const double> truth,
                                          std::span<const double> held_out_prediction,
                                          double coverage = 0.9, int max_bands = 5);

}  // namespace neuralpower
