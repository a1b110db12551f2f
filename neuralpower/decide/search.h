// SPDX-License-Identifier: Apache-2.0
// Searching a space of architectures: enumerate it, sample it, or let it evolve.
//
// Kept are the Pareto front of the chosen objectives and the best few by one of them, among the
// architectures that keep the limits; nothing else, so memory does not grow with the space.
// Enumeration and sampling go by index and can be cut into shards and resumed; what they find does
// not depend on how they are cut. Evolution draws parents from the front and the best, crosses them
// and changes a choice or two (a Pareto archive, Knowles and Corne 1999); each shard is an island
// of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/decide/rank.h"
#include "neuralpower/decide/space_evaluator.h"

namespace neuralpower {

// Less is better of the first four, more of the last two, which stand in for precision where no
// error is known.
enum class Objective { kEnergy, kLatency, kPower, kError, kMacs, kParams };
std::string_view to_string(Objective objective);
// Error (usage) with the names there are.
Objective parse_objective(std::string_view name);

struct FoundArchitecture {
  std::uint64_t index = 0;  // of enumeration or sampling; evolution: the step
  Architecture architecture;
  ArchitectureCost cost;
  std::optional<double> error;  // fraction, where one is known
  bool tie = false;             // with one above it (ties.h)

  // Less is better: macs and params are negated. Error unknown: infinity.
  double value(Objective objective) const;
};

// The error of each description (describe()), or nothing where none is known.
using ErrorSource =
    std::function<std::vector<std::optional<double>>(const std::vector<std::string>&)>;

struct SearchOptions {
  enum class Mode { kEnumerate, kSample, kEvolve };
  Mode mode = Mode::kEnumerate;
  std::uint64_t count = 0;  // samples, or steps of evolution, of all shards together
  std::uint64_t seed = 1;
  std::uint64_t shard = 0, shards = 1;
  unsigned threads = 1;
  std::vector<Objective> objectives = {Objective::kEnergy, Objective::kMacs};  // of the front
  Objective by = Objective::kEnergy;                                           // of the best
  std::size_t top = 10;
  Limits limits;
  ErrorSource errors;  // empty: no errors are known
  bool allow_uncovered = false;
  std::uint64_t keep_seen = 0;  // how many of all candidates to keep besides, evenly spread

  bool needs_energy() const;  // an objective or a limit asks for energy or power
};

struct SearchResult {
  std::uint64_t begin = 0, next = 0, end = 0;  // indices of this shard; next == end: done
  std::uint64_t evaluated = 0;                 // architectures with a cost
  std::uint64_t forbidden = 0;                 // that break a `require`
  std::uint64_t invalid = 0;                   // that cannot be built
  std::uint64_t limited = 0;                   // that break a limit
  std::uint64_t without_error = 0;
  std::string first_invalid;
  std::map<std::string, std::string> uncovered;  // what costs leave out, by model key
  std::vector<FoundArchitecture> front;          // by the first objective, ascending
  std::vector<FoundArchitecture> best;           // ascending
  std::vector<FoundArchitecture> seen;  // keep_seen of all that keep the limits; in no state
};

// Called now and then with what is found so far; false ends the search there.
using SearchProgress = std::function<bool(const SearchResult&)>;

// `start`: an earlier result of the same options to go on from. Error (bad input) if the space has
// too many architectures to enumerate, none of the first can be built, or the front grows past
// kMaxFront.
SearchResult search(const Space& space, const Predictor& predictor, const SearchOptions& options,
                    const SearchProgress& progress = {}, SearchResult start = {});
inline constexpr std::size_t kMaxFront = 100'000;

// A search that has not begun: the indices of its shard. Errors as above.
SearchResult whole_search(const Space& space, const SearchOptions& options);

// Adds what another shard of the same search found.
void merge_results(SearchResult& into, const SearchResult& part, const SearchOptions& options);

// Puts `found` into the front, which is sorted by the first objective, unless something there is at
// least as good in all objectives; of equals the smaller index stays.
void insert_into_front(std::vector<FoundArchitecture>& front, const FoundArchitecture& found,
                       const std::vector<Objective>& objectives);

// Puts `found` among the best `top` by an objective, unless it is there.
void insert_into_best(std::vector<FoundArchitecture>& best, const FoundArchitecture& found,
                      Objective by, std::size_t top);

}  // namespace neuralpower
