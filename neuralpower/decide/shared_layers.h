// SPDX-License-Identifier: Apache-2.0
// How far two networks that one device model predicted differ, when they have layers in common.
//
// A layer that stands in both costs the same in both, whatever it costs: its error cancels in the
// difference. Of the layers that differ the errors are not independent, one model made them all; so
// nothing is assumed of them: their bounds stand against each other, low against high. The bounds
// of a difference a - b are therefore
//   (a's rest, low) - (b's rest, high)  ..  (a's rest, high) - (b's rest, low)
// where the rest is what the other does not have.
#pragma once

#include <vector>

#include "neuralpower/decide/layer_cost.h"
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {

// Sorted by text. Without layers that have no runtime.
std::vector<LayerCost> layer_costs(const NetworkPrediction& prediction);

// What both have: equal layers with equal values, each as often as both have it. Sorted lists.
struct SharedCost {
  Estimate<Seconds> runtime{};
  Estimate<Joules> energy{};
};
SharedCost shared_cost(const std::vector<LayerCost>& a, const std::vector<LayerCost>& b);

// Bounds of a total, or of what belongs to it.
struct Bounds {
  double value = 0, low = 0, high = 0;
};
template <typename Unit>
Bounds bounds_of(const Estimate<Unit>& e) {
  return {e.value.value(), e.low.value(), e.high.value()};
}

// Bounds of (factor of a) x a - (factor of b) x b; `shared` is part of both.
Bounds difference(const Bounds& a, const Bounds& factor_of_a, const Bounds& b,
                  const Bounds& factor_of_b, const Bounds& shared);
Bounds difference(const Bounds& a, const Bounds& b, const Bounds& shared);

// True if 0 lies in the bounds of the difference: the two cannot be told apart.
inline bool may_be_equal(const Bounds& difference) {
  return difference.low <= 0 && 0 <= difference.high;
}

}  // namespace neuralpower
