// SPDX-License-Identifier: Apache-2.0
// What a search keeps: objectives, the Pareto front, the best few.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/decide/search.h"

namespace neuralpower {
namespace {

constexpr std::array<std::string_view, 6> kObjectiveNames = {"energy", "latency", "power",
                                                             "error",  "macs",    "params"};

bool at_least_as_good(const FoundArchitecture& a, const FoundArchitecture& b,
                      const std::vector<Objective>& objectives) {
  return std::all_of(objectives.begin(), objectives.end(),
                     [&](Objective o) { return a.value(o) <= b.value(o); });
}

}  // namespace

std::string_view to_string(Objective objective) {
  return kObjectiveNames[static_cast<std::size_t>(objective)];
}

Objective parse_objective(std::string_view name) {
  for (std::size_t i = 0; i < kObjectiveNames.size(); ++i)
    if (kObjectiveNames[i] == name) return static_cast<Objective>(i);
  throw usage_error(fmt::format("'{}' is no objective; there are {}", printable(name),
                                fmt::join(kObjectiveNames, ", ")));
}

bool SearchOptions::needs_energy() const {
  const auto asks = [](Objective o) { return o == Objective::kEnergy || o == Objective::kPower; };
  return asks(by) || std::any_of(objectives.begin(), objectives.end(), asks) || limits.power ||
         limits.energy_per_item;
}

double FoundArchitecture::value(Objective objective) const {
  switch (objective) {
    case Objective::kEnergy:
      return cost.energy_per_item();
    case Objective::kLatency:
      return cost.latency_s;
    case Objective::kPower:
      return cost.power_w();
    case Objective::kError:
      return error.value_or(std::numeric_limits<double>::infinity());
    case Objective::kMacs:
      return -cost.macs;
    case Objective::kParams:
      return -cost.params;
  }
  return 0;
}

void insert_into_front(std::vector<FoundArchitecture>& front, const FoundArchitecture& found,
                       const std::vector<Objective>& objectives) {
  const Objective first = objectives.front();
  const double value = found.value(first);
  // Only what is as good in the first objective can beat it; the nearest does most often, and of
  // two objectives it alone can.
  auto behind =
      std::upper_bound(front.begin(), front.end(), value,
                       [&](double v, const FoundArchitecture& f) { return v < f.value(first); });
  for (auto at = behind; at != front.begin();) {
    --at;
    if (at_least_as_good(*at, found, objectives)) {
      if (at_least_as_good(found, *at, objectives) && found.index < at->index) *at = found;
      return;
    }
    if (objectives.size() == 2 && at->value(first) < value) break;
  }
  // What it beats is no better in the first objective.
  const auto from =
      std::lower_bound(front.begin(), front.end(), value,
                       [&](const FoundArchitecture& f, double v) { return f.value(first) < v; });
  const auto kept = std::remove_if(from, front.end(), [&](const FoundArchitecture& f) {
    return at_least_as_good(found, f, objectives);
  });
  const auto place = from - front.begin();
  front.erase(kept, front.end());
  if (front.size() >= kMaxFront)
    throw bad_input(fmt::format(
        "the front of these objectives holds more than {}; ask for fewer objectives", kMaxFront));
  front.insert(front.begin() + place, found);
}

void insert_into_best(std::vector<FoundArchitecture>& best, const FoundArchitecture& found,
                      Objective by, std::size_t top) {
  const double value = found.value(by);
  if (top == 0 || (best.size() >= top && value > best.back().value(by))) return;
  for (FoundArchitecture& f : best)
    if (f.architecture == found.architecture) {
      f.index = std::min(f.index, found.index);
      return;
    }
  const auto less = [&](const FoundArchitecture& x, const FoundArchitecture& y) {
    return std::pair(x.value(by), x.index) < std::pair(y.value(by), y.index);
  };
  best.insert(std::upper_bound(best.begin(), best.end(), found, less), found);
  if (best.size() > top) best.pop_back();
}

void merge_results(SearchResult& into, const SearchResult& part, const SearchOptions& options) {
  into.evaluated += part.evaluated;
  into.forbidden += part.forbidden;
  into.invalid += part.invalid;
  into.limited += part.limited;
  into.without_error += part.without_error;
  if (into.first_invalid.empty()) into.first_invalid = part.first_invalid;
  into.uncovered.insert(part.uncovered.begin(), part.uncovered.end());
  into.seen.insert(into.seen.end(), part.seen.begin(), part.seen.end());
  for (const FoundArchitecture& f : part.front)
    insert_into_front(into.front, f, options.objectives);
  for (const FoundArchitecture& f : part.best)
    insert_into_best(into.best, f, options.by, options.top);
}

}  // namespace neuralpower
