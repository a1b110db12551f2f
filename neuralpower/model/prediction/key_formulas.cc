// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/key_formulas.h"

#include <fmt/format.h>

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

struct Band {
  double low = 1, high = 1;
};

Band band_at(const std::vector<IntervalBand>& bands, double value) {
  for (const IntervalBand& band : bands)
    if (value <= band.up_to) return {band.low, band.high};
  if (!bands.empty()) return {bands.back().low, bands.back().high};
  return {};
}

template <typename Unit>
Estimate<Unit> within(Unit value, Band band) {
  return {value, value * band.low, value * band.high};
}

}  // namespace

KeyFormulas::KeyFormulas(std::string_view key, const KeyModels& models) : models_(&models) {
  const std::vector<std::string_view> names = feature_names(key);
  feature_count_ = names.size();
  if (models.power) power_.emplace(*models.power);
  if (!models.runtime) return;
  runtime_.emplace(*models.runtime);
  if (!key.starts_with("any.")) sizes_.emplace(*models.runtime);
  for (const FeatureRange& range : models.runtime->ranges) {
    const auto found = std::find(names.begin(), names.end(), range.feature);
    if (found == names.end())
      throw bad_input(
          fmt::format("the range of '{}': {} layers have no such feature", range.feature, key));
    range_at_.push_back(static_cast<std::size_t>(found - names.begin()));
  }
}

FormulaValue KeyFormulas::runtime_of(const LayerConfig& config,
                                     std::span<const double> features) const {
  return is_measured_size(features) ? runtime_->evaluate_with_cost(features)
                                    : evaluate_beyond(*runtime_, *sizes_, config, features);
}

void KeyFormulas::put_estimates(Seconds runtime, Watts power, LayerPrediction& layer) const {
  layer.runtime = within(runtime, band_at(models_->runtime->interval, in_milliseconds(runtime)));
  if (runtime < Seconds(0))  // only the faithful baselines can; the bounds keep their order
    std::swap(layer.runtime->low, layer.runtime->high);
  if (!power_) return;
  layer.power = within(power, band_at(models_->power->interval, power.value()));
  const Joules energy = power * runtime;
  if (models_->energy_interval.empty()) {
    layer.energy = {energy, layer.power->low * layer.runtime->low,
                    layer.power->high * layer.runtime->high};
  } else {
    layer.energy = within(energy, band_at(models_->energy_interval, energy.value()));
  }
}

std::string KeyFormulas::extrapolation(std::span<const double> features) const {
  // A hair outside is no news: half again as large as anything measured is.
  constexpr double kWorthSaying = 1.5;
  double worst = kWorthSaying;
  const FeatureRange* outside = nullptr;
  double value = 0;
  for (std::size_t i = 0; i < range_at_.size(); ++i) {
    const FeatureRange& range = models_->runtime->ranges[i];
    const double x = features[range_at_[i]];
    double ratio = 1;
    if (range.high > 0 && x > range.high) {
      ratio = x / range.high;
    } else if (range.low > 0 && x < range.low) {
      ratio = x > 0 ? range.low / x : 1e9;
    }
    if (ratio <= worst) continue;
    worst = ratio;
    outside = &range;
    value = x;
  }
  if (!outside) return "";
  if (value > outside->high)
    return fmt::format("extrapolates: {} = {:.6g} is {:.1f}x the largest measured ({:.6g})",
                       outside->feature, value, worst, outside->high);
  return fmt::format("extrapolates: {} = {:.6g} is below the smallest measured ({:.6g})",
                     outside->feature, value, outside->low);
}

}  // namespace neuralpower
