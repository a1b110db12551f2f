// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/intervals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace neuralpower {
namespace {

// Student's t: the 95 % quantile for 1, 2, ... degrees of freedom.
constexpr std::array<double, kConformalRows - 1> kStudent95 = {
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833,
    1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734};

// Widens a band to what n < kConformalRows lognormal ratios say of the next, for 90 %.
void widen(IntervalBand& band, std::span<const double> ratios, std::size_t n) {
  if (n < 2 || n >= kConformalRows) return;
  double mean = 0, square = 0;
  const auto count = static_cast<double>(ratios.size());
  for (const double r : ratios) mean += std::log(r) / count;
  for (const double r : ratios) square += (std::log(r) - mean) * (std::log(r) - mean) / count;
  const auto groups = static_cast<double>(n);
  const double deviation = std::sqrt(square * groups / (groups - 1));
  const double reach = kStudent95[n - 2] * deviation * std::sqrt(1 + 1 / groups);
  band.low = std::min(band.low, std::exp(mean - reach));
  band.high = std::max(band.high, std::exp(mean + reach));
}

}  // namespace

std::vector<IntervalBand> conformal_bands(std::span<const double> truth,
                                          std::span<const double> held_out_prediction,
                                          double coverage, int max_bands) {
  constexpr std::size_t kRowsPerBand = 50;
  std::vector<std::pair<double, double>> rows;  // prediction, ratio
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (held_out_prediction[i] > 0)
      rows.emplace_back(held_out_prediction[i], truth[i] / held_out_prediction[i]);
  std::vector<IntervalBand> bands;
  if (rows.empty()) return bands;
  std::sort(rows.begin(), rows.end());
  const std::size_t count =
      std::clamp<std::size_t>(rows.size() / kRowsPerBand, 1, static_cast<std::size_t>(max_bands));
  std::size_t last = 0;
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t first = last;
    last = std::max(first, (b + 1) * rows.size() / count);
    // Equal predictions (a clamp makes many) belong to one band.
    while (last > first && last < rows.size() && rows[last].first == rows[last - 1].first) ++last;
    if (last == first) continue;
    std::vector<double> ratios;
    for (std::size_t i = first; i < last; ++i) ratios.push_back(rows[i].second);
    std::sort(ratios.begin(), ratios.end());
    const auto n = static_cast<double>(ratios.size());
    const double tail = (1 - coverage) / 2;
    const auto rank = [&](double r) {  // from 1, kept inside
      return static_cast<std::size_t>(std::clamp(r, 1.0, n)) - 1;
    };
    IntervalBand band;
    band.up_to =
        last == rows.size() ? std::numeric_limits<double>::infinity() : rows[last - 1].first;
    // A prediction always lies inside its own interval.
    band.low = std::min(1.0, ratios[rank(std::floor((n + 1) * tail))]);
    band.high = std::max(1.0, ratios[rank(std::ceil((n + 1) * (1 - tail)))]);
    if (coverage == 0.9) widen(band, ratios, ratios.size());
    bands.push_back(band);
  }
  return bands;
}

std::vector<IntervalBand> grouped_band(std::span<const double> truth,
                                       std::span<const double> held_out_prediction,
                                       std::span<const std::string> groups) {
  std::vector<IntervalBand> bands = conformal_bands(truth, held_out_prediction, 0.9, 1);
  std::vector<double> ratios;
  std::set<std::string_view> distinct;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (held_out_prediction[i] <= 0) continue;
    ratios.push_back(truth[i] / held_out_prediction[i]);
    distinct.insert(groups[i]);
  }
  for (IntervalBand& band : bands) widen(band, ratios, distinct.size());
  return bands;
}

}  // namespace neuralpower
