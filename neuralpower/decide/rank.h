// SPDX-License-Identifier: Apache-2.0
// Ranking by the Energy-Precision Ratio (Cai et al. 2017, section 4.4) and along Pareto fronts.
//
//   M = error^alpha x energy per item          lower is better; M in J, error a fraction
//
// A larger alpha asks for precision, a smaller one for energy. In ln M = ln EPI + alpha ln error
// every network is a straight line over alpha, so two networks change places at most once, at
//   alpha = ln(EPI_b / EPI_a) / ln(error_a / error_b)    a the cheaper, b the more precise.
//
// Bounds of M follow the bounds of error and energy. A winner is tied with another network if the
// interval of the difference of their M holds 0: the data do not tell them apart. Layers that both
// have cancel in it as far as their errors are equal, the others are taken at their worst
// (shared_layers.h). Ties are with the winner alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neuralpower/decide/candidate.h"

namespace neuralpower {

// What a candidate must keep to be chosen; by its predicted value, bounds are not asked.
struct Limits {
  std::optional<Seconds> latency;
  std::optional<Watts> power;
  std::optional<Joules> energy_per_item;
};

// Why the candidate does not keep the limits, or what is not known of it; empty if it keeps them.
std::string broken_limit(const Limits& limits, const std::optional<Estimate<Seconds>>& latency,
                         const std::optional<Estimate<Watts>>& power,
                         const Estimate<Joules>& energy_per_item);

struct RankOptions {
  std::vector<double> alphas = {1, 2, 3, 4};  // finite, at least 0
  Limits limits;
};

struct RatioBounds {
  double value = 0, low = 0, high = 0;
};

struct RankedNetwork {
  Candidate candidate;
  std::string excluded;           // the limit it breaks; empty: it takes part
  std::vector<RatioBounds> m;     // one an alpha
  bool on_energy_front = false;   // nothing admitted has less error and less energy an item
  bool on_latency_front = false;  // the same for latency, where it is known
  bool on_power_front = false;    // and for power
};

struct Winner {
  double alpha = 0;
  int network = -1;            // index; -1 if no network keeps the limits
  std::vector<int> tied_with;  // others that cannot be told from it
};

// `cheaper` is ahead below alpha, `preciser` above.
struct Flip {
  double alpha = 0;
  int cheaper = -1, preciser = -1;
};

struct Ranking {
  std::vector<double> alphas;
  std::vector<RankedNetwork> networks;  // in the order given
  std::vector<Winner> winners;          // one an alpha
  std::vector<Flip> winner_flips;       // where the best network changes, ascending
  std::vector<Flip> flips;  // where any two change places, ascending; left empty above kAllPairs
  static constexpr std::size_t kAllPairs = 64;
};

// Error (usage) for an alpha that is negative or not finite.
Ranking rank(std::vector<Candidate> candidates, const RankOptions& options);

// True for each point that no other beats: smaller or equal in both, smaller in one. O(n log n).
std::vector<bool> pareto_front(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace neuralpower
