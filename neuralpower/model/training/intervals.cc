// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace neuralpower {

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
    bands.push_back(band);
  }
  return bands;
}

}  // namespace neuralpower
