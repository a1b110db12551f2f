// SPDX-License-Identifier: Apache-2.0
// KeyFormulas: what a device model knows of one key of layers, made ready: names of terms and of
// ranges looked up once. It points into the KeyModels it was made from.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/prediction/measured_sizes.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

class KeyFormulas {
 public:
  // Error (bad input) for names that layers of this key do not have.
  KeyFormulas(std::string_view key, const KeyModels& models);

  // Absent where the device model has none; without a runtime there is no power either.
  const std::optional<LayerFormula>& runtime() const { return runtime_; }
  const std::optional<LayerFormula>& power() const { return power_; }
  std::size_t feature_count() const { return feature_count_; }

  // No size is larger than what the runtime was fitted to; what is, takes more than its formula
  // (measured_sizes.h).
  bool is_measured_size(std::span<const double> features) const {
    return !sizes_ || sizes_->contain(features);
  }
  // In ms, of any size; `features` are those of `config`.
  FormulaValue runtime_of(const LayerConfig& config, std::span<const double> features) const;

  // Puts runtime, power and energy with their 90 % intervals into `layer`; `power` counts only if
  // there is a formula for it.
  void put_estimates(Seconds runtime, Watts power, LayerPrediction& layer) const;

  // The feature furthest outside what was measured, as a warning; empty inside the ranges.
  std::string extrapolation(std::span<const double> features) const;

 private:
  const KeyModels* models_;
  std::size_t feature_count_ = 0;
  std::optional<LayerFormula> runtime_, power_;
  std::optional<MeasuredSizes> sizes_;  // not of general models: they know no sizes
  std::vector<std::size_t> range_at_;   // where the features of the runtime model's ranges stand
};

}  // namespace neuralpower
