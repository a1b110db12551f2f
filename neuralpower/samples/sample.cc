// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/sample.h"

#include <algorithm>
#include <unordered_map>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

double median(std::vector<double>& values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2 == 1) return values[half];
  const double lower = *std::max_element(values.begin(), values.begin() + half);
  return (lower + values[half]) / 2;
}

std::optional<double> spread(const std::vector<double>& values, double median) {
  if (values.size() < 2) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += (median / value - 1) * (median / value - 1);
  return sum / static_cast<double>(values.size());
}

struct Repetitions {
  std::vector<double> runtime, power, energy;
};

}  // namespace

std::vector<ReducedSample> reduce_repetitions(const std::vector<Sample>& samples) {
  std::vector<ReducedSample> reduced;
  std::vector<Repetitions> values;
  std::unordered_map<std::string, std::size_t> index;
  for (const Sample& sample : samples) {
    const std::string text = format_layer(sample.layer);
    const auto [place, is_new] = index.try_emplace(text, reduced.size());
    if (is_new) {
      ReducedSample row;
      row.layer = sample.layer;
      row.text = text;
      reduced.push_back(std::move(row));
      values.emplace_back();
    }
    ++reduced[place->second].repetitions;
    Repetitions& all = values[place->second];
    all.runtime.push_back(sample.runtime.value());
    if (sample.power) all.power.push_back(sample.power->value());
    if (sample.energy) all.energy.push_back(sample.energy->value());
  }
  for (std::size_t i = 0; i < reduced.size(); ++i) {
    reduced[i].runtime = Seconds(median(values[i].runtime));
    reduced[i].runtime_spread = spread(values[i].runtime, reduced[i].runtime.value());
    if (!values[i].power.empty()) {
      reduced[i].power = Watts(median(values[i].power));
      reduced[i].power_spread = spread(values[i].power, reduced[i].power->value());
    }
    if (!values[i].energy.empty()) {
      reduced[i].energy = Joules(median(values[i].energy));
      reduced[i].energy_spread = spread(values[i].energy, reduced[i].energy->value());
    }
  }
  return reduced;
}

}  // namespace neuralpower
