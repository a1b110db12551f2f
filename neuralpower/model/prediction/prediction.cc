// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/prediction.h"

namespace neuralpower {
namespace {

template <typename Unit>
void add(std::optional<Estimate<Unit>>& sum, const Estimate<Unit>& part) {
  if (!sum) sum.emplace();
  sum->value += part.value;
  sum->low += part.low;
  sum->high += part.high;
}

Estimate<Joules> at_average_power(const Estimate<Joules>& energy, const Estimate<Seconds>& time,
                                  Seconds more) {
  if (time.value <= Seconds(0)) return {};
  const double share = more / time.value;
  return {energy.value * share, energy.low * share, energy.high * share};
}

template <typename Unit>
int largest(const std::vector<LayerPrediction>& layers,
            std::optional<Estimate<Unit>> LayerPrediction::*member) {
  int best = -1;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& estimate = layers[i].*member;
    if (!estimate || estimate->value <= Unit(0)) continue;
    if (best < 0 || estimate->value > (layers[static_cast<std::size_t>(best)].*member)->value)
      best = static_cast<int>(i);
  }
  return best;
}

}  // namespace

void add_up(NetworkPrediction& p) {
  std::vector<std::int64_t> macs;
  macs.reserve(p.layers.size());
  for (const LayerPrediction& layer : p.layers) macs.push_back(count_work(layer.config).macs);
  add_up(p, macs);
}

void add_up(NetworkPrediction& p, std::span<const std::int64_t> layer_macs) {
  p.runtime.reset();
  p.power.reset();
  p.energy.reset();
  p.coverage = {};
  double all_macs = 0, covered_macs = 0;
  bool energy_known = true;
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    const LayerPrediction& layer = p.layers[i];
    const auto macs = static_cast<double>(layer_macs[i]);
    all_macs += macs;
    ++p.coverage.layers;
    if (layer.covered) {
      ++p.coverage.covered;
      covered_macs += macs;
    }
    if (!layer.runtime) continue;
    add(p.runtime, *layer.runtime);
    if (layer.energy) {
      add(p.energy, *layer.energy);
    } else {
      energy_known = false;
    }
  }
  p.coverage.share_of_macs = all_macs > 0 ? covered_macs / all_macs : 1;
  if (!energy_known) p.energy.reset();
  if (p.runtime && p.overhead > Seconds(0)) {
    // Between layers the device draws what it draws on average.
    if (p.energy) add(p.energy, at_average_power(*p.energy, *p.runtime, p.overhead));
    add(p.runtime, Estimate<Seconds>{p.overhead, p.overhead, p.overhead});
  }
  if (p.energy && p.runtime && p.runtime->value > Seconds(0)) {
    // The bounds of average power follow the layers' powers weighted by their times, not the ratio
    // of extreme energies and times.
    Estimate<Joules> at_power_bounds{};
    for (const LayerPrediction& layer : p.layers) {
      if (!layer.runtime || !layer.power) continue;
      at_power_bounds.low += layer.power->low * layer.runtime->value;
      at_power_bounds.high += layer.power->high * layer.runtime->value;
    }
    const Seconds time = p.runtime->value;
    p.power = {p.energy->value / time, at_power_bounds.low / time, at_power_bounds.high / time};
  }
  p.slowest = largest(p.layers, &LayerPrediction::runtime);
  p.hungriest = largest(p.layers, &LayerPrediction::power);
  p.most_energy = largest(p.layers, &LayerPrediction::energy);
}

}  // namespace neuralpower
