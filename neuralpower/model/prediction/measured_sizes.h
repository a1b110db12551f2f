// SPDX-License-Identifier: Apache-2.0
// MeasuredSizes: how large the layers were that a formula was fitted to, and which of them is
// nearest to a larger one.
//
// The physical sum of a formula grows with every size. Its correction does not: it looks at ratios
// and counts that can be within their ranges when a size is not, and may say of a larger layer that
// it takes less time. So beyond the measured sizes
//
//   runtime(x) >= runtime(nearest(x))
//
// and where all training rows had one batch size, so that nothing is known of others, the
// correction stays what it is at that batch:
//
//   runtime(x) = runtime(y) * s(x) / s(y),   y = x at the measured batch, s the physical sum
//
// within the rooflines. Formulas without correction need neither; the published baselines are left as they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neuralpower/model/layer_model.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

class MeasuredSizes {
 public:
  explicit MeasuredSizes(const LayerModel& runtime);

  // No size is above the largest measured. `features` as feature_names(key) has them.
  bool contain(std::span<const double> features) const;

  // The config at the one batch size that was measured; nothing if there were several or it has it.
  std::optional<LayerConfig> at_measured_batch(const LayerConfig& config) const;

  // The config with batch, channels, pixels and kernel no larger than measured; nothing if they
  // are not or if no such layer can be made.
  std::optional<LayerConfig> nearest(const LayerConfig& config) const;

 private:
  struct Largest {
    std::string feature;
    std::size_t at = 0;  // in feature_names(key)
    std::int64_t size = 0;
  };
  std::vector<Largest> largest_;
  std::optional<std::int64_t> only_batch_;
};

// What the formula, its sizes and the rules above say of a layer with these features.
FormulaValue evaluate_beyond(const LayerFormula& formula, const MeasuredSizes& sizes,
                             const LayerConfig& config, std::span<const double> features);

}  // namespace neuralpower
