// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/shared_layers.h"

namespace neuralpower {
namespace {

double ratio(double error, double alpha, Joules energy) {
  return std::pow(error, alpha) * energy.value();
}

RatioBounds ratio_bounds(const Candidate& c, double alpha) {
  return {ratio(c.error.value, alpha, c.energy_per_item.value),
          ratio(c.error.low, alpha, c.energy_per_item.low),
          ratio(c.error.high, alpha, c.energy_per_item.high)};
}

// Bounds of M of a less M of b.
Bounds ratio_difference(const Candidate& a, const Candidate& b, double alpha) {
  const auto weight = [&](const ErrorRate& error) {
    return Bounds{std::pow(error.value, alpha), std::pow(error.low, alpha),
                  std::pow(error.high, alpha)};
  };
  Bounds shared;
  if (a.batch == b.batch) {
    const auto items = static_cast<double>(a.batch);
    const Estimate<Joules> run = shared_cost(a.layers, b.layers).energy;
    shared = bounds_of(Estimate<Joules>{run.value / items, run.low / items, run.high / items});
  }
  return difference(bounds_of(a.energy_per_item), weight(a.error), bounds_of(b.energy_per_item),
                    weight(b.error), shared);
}

// Where two networks change places: one is cheaper, the other more precise. Nothing if one of them
// is at least as good in both.
std::optional<Flip> flip_of(const std::vector<RankedNetwork>& networks, int a, int b) {
  const auto energy = [&](int i) {
    return networks[static_cast<std::size_t>(i)].candidate.energy_per_item.value;
  };
  const auto error = [&](int i) {
    return networks[static_cast<std::size_t>(i)].candidate.error.value;
  };
  if (energy(b) < energy(a)) std::swap(a, b);
  if (energy(a) == energy(b) || error(b) >= error(a)) return std::nullopt;
  const double alpha =
      error(b) == 0 ? 0.0 : std::log(energy(b) / energy(a)) / std::log(error(a) / error(b));
  return Flip{alpha, a, b};
}

std::vector<int> admitted(const std::vector<RankedNetwork>& networks) {
  std::vector<int> indices;
  for (std::size_t i = 0; i < networks.size(); ++i)
    if (networks[i].excluded.empty()) indices.push_back(static_cast<int>(i));
  return indices;
}

// The lower envelope of the lines ln M over alpha, from alpha = 0 upwards. O(n log n).
std::vector<Flip> winner_flips(const std::vector<RankedNetwork>& networks,
                               const std::vector<int>& indices) {
  std::vector<Flip> flips;
  if (indices.empty()) return flips;
  const auto at = [&](int i) -> const Candidate& {
    return networks[static_cast<std::size_t>(i)].candidate;
  };
  // The cheapest first; of those equally cheap the most precise. What is not more precise than a
  // cheaper one is best nowhere.
  std::vector<int> order = indices;
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::tuple(at(a).energy_per_item.value.value(), at(a).error.value, a) <
           std::tuple(at(b).energy_per_item.value.value(), at(b).error.value, b);
  });
  int best = order.front();
  for (const int i : order) {
    // Who took over later than the new one would is best nowhere; of lines that meet in one point
    // the steepest is lowest behind it.
    auto flip = flip_of(networks, best, i);
    if (!flip) continue;
    while (!flips.empty() && flip->alpha <= flips.back().alpha) {
      best = flips.back().cheaper;
      flips.pop_back();
      flip = flip_of(networks, best, i);
    }
    flips.push_back(*flip);
    best = i;
  }
  return flips;
}

template <typename Value>
void mark_front(std::vector<RankedNetwork>& networks, const std::vector<int>& indices,
                bool RankedNetwork::*mark, const Value& value_of) {
  std::vector<double> x, error;
  std::vector<int> known;
  for (const int i : indices) {
    const Candidate& candidate = networks[static_cast<std::size_t>(i)].candidate;
    const std::optional<double> value = value_of(candidate);
    if (!value) continue;
    known.push_back(i);
    x.push_back(*value);
    error.push_back(candidate.error.value);
  }
  const std::vector<bool> front = pareto_front(x, error);
  for (std::size_t k = 0; k < known.size(); ++k)
    networks[static_cast<std::size_t>(known[k])].*mark = front[k];
}

Winner find_winner(const std::vector<RankedNetwork>& networks, const std::vector<int>& indices,
                   std::size_t alpha_index, double alpha) {
  Winner winner{alpha, -1, {}};
  const auto m = [&](int i) -> const RatioBounds& {
    return networks[static_cast<std::size_t>(i)].m[alpha_index];
  };
  for (const int i : indices)
    if (winner.network < 0 || m(i).value < m(winner.network).value) winner.network = i;
  const auto candidate = [&](int i) -> const Candidate& {
    return networks[static_cast<std::size_t>(i)].candidate;
  };
  for (const int i : indices)
    if (i != winner.network &&
        may_be_equal(ratio_difference(candidate(i), candidate(winner.network), alpha)))
      winner.tied_with.push_back(i);
  return winner;
}

}  // namespace

std::string broken_limit(const Limits& limits, const std::optional<Estimate<Seconds>>& latency,
                         const std::optional<Estimate<Watts>>& power,
                         const Estimate<Joules>& energy_per_item) {
  if (limits.latency && !latency) return "its latency is not known";
  if (limits.latency && latency->value > *limits.latency)
    return fmt::format("latency {:.4g} ms", in_milliseconds(latency->value));
  if (limits.power && !power) return "its power is not known";
  if (limits.power && power->value > *limits.power)
    return fmt::format("power {:.4g} W", power->value.value());
  if (limits.energy_per_item && energy_per_item.value > *limits.energy_per_item)
    return fmt::format("energy {:.4g} J an item", energy_per_item.value.value());
  return {};
}

std::vector<bool> pareto_front(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(x[a], y[a]) < std::pair(x[b], y[b]);
  });
  std::vector<bool> front(x.size(), false);
  const std::size_t* last = nullptr;  // the latest point of the front
  for (const std::size_t& i : order) {
    const bool equal = last && x[i] == x[*last] && y[i] == y[*last];
    if (last && !equal && y[i] >= y[*last]) continue;
    front[i] = true;
    last = &i;
  }
  return front;
}

Ranking rank(std::vector<Candidate> candidates, const RankOptions& options) {
  Ranking ranking;
  ranking.alphas = options.alphas;
  for (const double alpha : options.alphas)
    if (!std::isfinite(alpha) || alpha < 0)
      throw usage_error(fmt::format("alpha is {}; it must be a number of at least 0", alpha));
  for (Candidate& candidate : candidates) {
    RankedNetwork network;
    network.excluded =
        broken_limit(options.limits, candidate.latency, candidate.power, candidate.energy_per_item);
    for (const double alpha : options.alphas) network.m.push_back(ratio_bounds(candidate, alpha));
    network.candidate = std::move(candidate);
    ranking.networks.push_back(std::move(network));
  }
  const std::vector<int> indices = admitted(ranking.networks);
  for (std::size_t a = 0; a < options.alphas.size(); ++a)
    ranking.winners.push_back(find_winner(ranking.networks, indices, a, options.alphas[a]));
  ranking.winner_flips = winner_flips(ranking.networks, indices);
  if (indices.size() <= Ranking::kAllPairs) {
    for (std::size_t a = 0; a < indices.size(); ++a)
      for (std::size_t b = a + 1; b < indices.size(); ++b)
        if (const auto flip = flip_of(ranking.networks, indices[a], indices[b]))
          ranking.flips.push_back(*flip);
    std::stable_sort(ranking.flips.begin(), ranking.flips.end(),
                     [](const Flip& a, const Flip& b) { return a.alpha < b.alpha; });
  }
  mark_front(ranking.networks, indices, &RankedNetwork::on_energy_front,
             [](const Candidate& c) { return std::optional(c.energy_per_item.value.value()); });
  mark_front(ranking.networks, indices, &RankedNetwork::on_latency_front, [](const Candidate& c) {
    return c.latency ? std::optional(c.latency->value.value()) : std::nullopt;
  });
  mark_front(ranking.networks, indices, &RankedNetwork::on_power_front, [](const Candidate& c) {
    return c.power ? std::optional(c.power->value.value()) : std::nullopt;
  });
  return ranking;
}

}  // namespace neuralpower
