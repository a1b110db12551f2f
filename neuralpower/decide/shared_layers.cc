// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/shared_layers.h"

#include <algorithm>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

template <typename Unit>
void add(Estimate<Unit>& sum, const Estimate<Unit>& part) {
  sum.value += part.value;
  sum.low += part.low;
  sum.high += part.high;
}

// The same layer by the same device model.
bool is_same(const LayerCost& a, const LayerCost& b) {
  return a.layer == b.layer && a.runtime.value == b.runtime.value &&
         a.energy.value == b.energy.value;
}

}  // namespace

std::vector<LayerCost> layer_costs(const NetworkPrediction& prediction) {
  std::vector<LayerCost> costs;
  for (const LayerPrediction& layer : prediction.layers)
    if (layer.runtime)
      costs.push_back(
          {format_layer(layer.config), *layer.runtime, layer.energy.value_or(Estimate<Joules>{})});
  std::sort(costs.begin(), costs.end(),
            [](const LayerCost& a, const LayerCost& b) { return a.layer < b.layer; });
  return costs;
}

SharedCost shared_cost(const std::vector<LayerCost>& a, const std::vector<LayerCost>& b) {
  SharedCost shared;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (is_same(a[i], b[j])) {
      add(shared.runtime, a[i].runtime);
      add(shared.energy, a[i].energy);
      ++i, ++j;
    } else if (a[i].layer < b[j].layer) {
      ++i;
    } else {
      ++j;
    }
  }
  return shared;
}

Bounds difference(const Bounds& a, const Bounds& factor_of_a, const Bounds& b,
                  const Bounds& factor_of_b, const Bounds& shared) {
  // Linear in what is shared: the extremes lie at its ends.
  const auto low = [&](double s) {
    return (s + (a.low - shared.low)) * factor_of_a.low -
           (s + (b.high - shared.high)) * factor_of_b.high;
  };
  const auto high = [&](double s) {
    return (s + (a.high - shared.high)) * factor_of_a.high -
           (s + (b.low - shared.low)) * factor_of_b.low;
  };
  return {a.value * factor_of_a.value - b.value * factor_of_b.value,
          std::min(low(shared.low), low(shared.high)),
          std::max(high(shared.low), high(shared.high))};
}

Bounds difference(const Bounds& a, const Bounds& b, const Bounds& shared) {
  constexpr Bounds kOne = {1, 1, 1};
  return difference(a, kOne, b, kOne, shared);
}

}  // namespace neuralpower
