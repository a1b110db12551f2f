// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/ties.h"

#include "neuralpower/decide/shared_layers.h"

namespace neuralpower {
namespace {

bool is_predicted(Objective o) {
  return o == Objective::kEnergy || o == Objective::kLatency || o == Objective::kPower;
}

Bounds an_item(const ArchitectureCost& cost, Bounds run) {
  const auto items = static_cast<double>(cost.batch);
  return {run.value / items, run.low / items, run.high / items};
}

Bounds energy_of(const ArchitectureCost& c) {
  return {c.energy_j, c.energy_low_j, c.energy_high_j};
}
Bounds latency_of(const ArchitectureCost& c) {
  return {c.latency_s, c.latency_low_s, c.latency_high_s};
}

struct Detailed {
  const ArchitectureCost* cost = nullptr;
  std::vector<LayerCost> layers;
};

bool power_within(const ArchitectureCost& a, const ArchitectureCost& b) {
  const double energy = a.power_w() * b.latency_s;  // that b would need to draw what a does
  return b.energy_low_j <= energy && energy <= b.energy_high_j;
}

bool is_tie(const Detailed& a, const Detailed& b, Objective o) {
  if (o == Objective::kPower)
    return power_within(*a.cost, *b.cost) && power_within(*b.cost, *a.cost);
  const SharedCost shared = shared_cost(a.layers, b.layers);
  if (o == Objective::kLatency)
    return may_be_equal(
        difference(latency_of(*a.cost), latency_of(*b.cost), bounds_of(shared.runtime)));
  // Layers that are equal run at one batch size, so what is shared is shared an item too.
  return may_be_equal(difference(an_item(*a.cost, energy_of(*a.cost)),
                                 an_item(*b.cost, energy_of(*b.cost)),
                                 an_item(*a.cost, bounds_of(shared.energy))));
}

bool is_tie(const Detailed& a, const Detailed& b, const std::vector<Objective>& objectives) {
  bool any = false;
  for (const Objective o : objectives) {
    if (!is_predicted(o)) continue;
    any = true;
    if (!is_tie(a, b, o)) return false;
  }
  return any;
}

}  // namespace

void mark_ties(const Space& space, const Predictor& predictor, const SearchOptions& options,
               SearchResult& result) {
  SpaceEvaluator evaluator(space, predictor,
                           {options.needs_energy(), options.allow_uncovered, true});
  const auto mark = [&](std::vector<FoundArchitecture>& found,
                        const std::vector<Objective>& objectives, bool with_first_only) {
    Detailed leader;
    for (FoundArchitecture& f : found) {
      Detailed one{&f.cost, evaluator.layers_of(f.architecture)};
      f.tie = leader.cost && is_tie(leader, one, objectives);
      if (!leader.cost || (!f.tie && !with_first_only)) leader = std::move(one);
    }
  };
  mark(result.front, options.objectives, false);
  mark(result.best, {options.by}, true);
}

}  // namespace neuralpower
