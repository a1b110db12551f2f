// SPDX-License-Identifier: Apache-2.0
// How much surer large values are than small ones. A clock, a launch or an interrupt adds about the
// same to every measurement, so that the relative error of a small one is larger:
//
//   variance of (predicted / measured - 1)  =  s^2 (1 + (scale / predicted)^2)
//
// Rows weighted by one over that count alike (generalised least squares, Aitken 1936).
#pragma once

#include <span>
#include <vector>

namespace neuralpower {

// `scale` of greatest likelihood for normal errors (an error above 1 counting as 1), in the unit of
// the values, which must be positive: 0 where small values are as sure as large ones; at most the
// median predicted value.
double relative_noise_scale(std::span<const double> predicted, std::span<const double> measured);

// 1 / (1 + (scale / predicted)^2), a row each.
std::vector<double> noise_weights(std::span<const double> predicted, double scale);

}  // namespace neuralpower
