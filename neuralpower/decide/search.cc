// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/regression/parallel.h"

namespace neuralpower {
namespace {

constexpr std::uint64_t kChunk = 1 << 16;       // indices a thread between two reports
constexpr std::uint64_t kErrorChunk = 1 << 12;  // the same where errors are asked
constexpr std::uint64_t kTrials = 100'000;      // none of which can be built: the space is broken
constexpr std::size_t kErrorsAtOnce = 1024;
constexpr std::uint64_t kGeneration = 64;  // steps of evolution between two questions for errors

std::uint64_t mixed(std::uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// What one thread finds in its part.
class Collector {
 public:
  // `stride`: every so many candidates are kept as seen, if any.
  Collector(const Space& space, const Predictor& predictor, const SearchOptions& options,
            std::uint64_t stride)
      : space_(space),
        options_(options),
        stride_(stride),
        evaluator_(space, predictor, {options.needs_energy(), options.allow_uncovered}) {}

  void consider(std::uint64_t index, const Architecture& a) {
    const ArchitectureCost& cost = evaluator_.evaluate(a);
    if (!cost.valid) {
      ++found.invalid;
      return;
    }
    ++found.evaluated;
    const Limits& limits = options_.limits;
    if ((limits.latency && cost.latency_s > limits.latency->value()) ||
        (limits.power && cost.power_w() > limits.power->value()) ||
        (limits.energy_per_item && cost.energy_per_item() > limits.energy_per_item->value())) {
      ++found.limited;
      return;
    }
    candidate_.index = index;
    candidate_.cost = cost;
    candidate_.architecture = a;
    if (!options_.errors) {
      keep(candidate_);
      return;
    }
    waiting_.push_back(candidate_);
    if (waiting_.size() >= kErrorsAtOnce) ask_errors();
  }

  void ask_errors() {
    if (waiting_.empty()) return;
    std::vector<std::string> names;
    for (const FoundArchitecture& f : waiting_) names.push_back(describe(space_, f.architecture));
    const auto errors = options_.errors(names);
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (!errors.at(i)) {
        ++found.without_error;
        continue;
      }
      waiting_[i].error = errors[i];
      keep(waiting_[i]);
    }
    waiting_.clear();
  }

  void keep(const FoundArchitecture& f) {
    if (options_.keep_seen > 0 && (f.index - found.begin) % stride_ == 0) found.seen.push_back(f);
    insert_into_front(found.front, f, options_.objectives);
    insert_into_best(found.best, f, options_.by, options_.top);
  }

  // What was found since the last call; front and best stay, as thresholds and parents.
  SearchResult take() {
    found.first_invalid = evaluator_.first_invalid();
    found.uncovered = evaluator_.uncovered();
    SearchResult part = found;
    found = {};
    found.begin = part.begin;
    found.front = part.front;
    found.best = part.best;
    return part;
  }

  SearchResult found;

 private:
  const Space& space_;
  const SearchOptions& options_;
  std::uint64_t stride_;
  SpaceEvaluator evaluator_;
  FoundArchitecture candidate_;
  std::vector<FoundArchitecture> waiting_;
};

void consider(const Space& space, std::uint64_t index, const Architecture& a, Collector& out) {
  if (space.allows(a)) {
    out.consider(index, a);
  } else {
    ++out.found.forbidden;
  }
}

void enumerate(const Space& space, std::uint64_t begin, std::uint64_t end, Collector& out) {
  if (begin == end) return;
  Architecture a = space.at(begin);
  for (std::uint64_t index = begin; index < end; ++index) {
    consider(space, index, a, out);
    space.advance(a);
  }
}

Architecture sampled(const Space& space, std::uint64_t seed, std::uint64_t index) {
  Architecture a(space.parameters.size());
  std::uint64_t state = mixed(mixed(seed) + index);
  for (std::size_t p = 0; p < a.size(); ++p) {
    state = mixed(state);
    a[p] = static_cast<std::uint8_t>(state % space.parameters[p].choices.size());
  }
  space.make_canonical(a);
  return a;
}

void sample(const Space& space, std::uint64_t seed, std::uint64_t begin, std::uint64_t end,
            Collector& out) {
  for (std::uint64_t index = begin; index < end; ++index)
    consider(space, index, sampled(space, seed, index), out);
}

// A child of what is on the front and among the best.
Architecture child_of(const Space& space, const SearchResult& found, std::uint64_t state) {
  const auto next = [&](std::size_t below) {
    state = mixed(state);
    return static_cast<std::size_t>(state >> 16) % below;
  };
  const auto parent = [&]() -> const Architecture& {
    const std::size_t i = next(found.front.size() + found.best.size());
    return i < found.front.size() ? found.front[i].architecture
                                  : found.best[i - found.front.size()].architecture;
  };
  Architecture a = parent();
  if (next(2) == 0) {
    const Architecture& other = parent();
    for (std::size_t p = 0; p < a.size(); ++p)
      if (next(2) == 0) a[p] = other[p];
  }
  for (std::size_t mutations = 1 + next(2); mutations > 0 && !a.empty(); --mutations) {
    const std::size_t p = next(a.size());
    a[p] = static_cast<std::uint8_t>(next(space.parameters[p].choices.size()));
  }
  space.make_canonical(a);
  return a;
}

// One step after another: parents are what was kept so far.
void evolve(const Space& space, std::uint64_t seed, std::uint64_t begin, std::uint64_t end,
            Collector& out) {
  constexpr std::uint64_t kRandomStart = 256;
  for (std::uint64_t step = begin; step < end; ++step) {
    const bool has_parents = !out.found.front.empty() || !out.found.best.empty();
    const bool random = step - out.found.begin < kRandomStart || !has_parents;
    consider(
        space, step,
        random ? sampled(space, seed, step) : child_of(space, out.found, mixed(mixed(seed) + step)),
        out);
    if ((step + 1) % kGeneration == 0) out.ask_errors();
  }
}

}  // namespace

SearchResult whole_search(const Space& space, const SearchOptions& options) {
  SearchResult result;
  std::uint64_t all = options.count;
  if (options.mode == SearchOptions::Mode::kEnumerate) {
    const auto count = space.count();
    if (!count)
      throw bad_input(
          fmt::format("the space has about 10^{:.1f} architectures, too many to "
                      "enumerate; give --sample N or --evolve N",
                      space.log10_count()));
    all = *count;
  }
  const auto cut = [&](std::uint64_t k) {
    return all / options.shards * k + all % options.shards * k / options.shards;
  };
  result.begin = result.next = cut(options.shard);
  result.end = cut(options.shard + 1);
  return result;
}

SearchResult search(const Space& space, const Predictor& predictor, const SearchOptions& options,
                    const SearchProgress& progress, SearchResult start) {
  SearchResult result = whole_search(space, options);
  if (start.end > 0) {
    if (start.begin != result.begin || start.end != result.end)
      throw bad_input("the state to go on from is of another shard");
    result = std::move(start);
  }
  const bool evolves = options.mode == SearchOptions::Mode::kEvolve;
  // One collector a thread; evolution is one chain of steps, and errors are asked in one order.
  const unsigned threads = evolves || options.errors ? 1 : std::max(1u, options.threads);
  const std::uint64_t chunk = options.errors ? kErrorChunk : kChunk * threads;
  const std::uint64_t stride = std::max<std::uint64_t>(
      1, (result.end - result.begin) / std::max<std::uint64_t>(1, options.keep_seen));
  std::vector<std::unique_ptr<Collector>> collectors;
  for (unsigned t = 0; t < threads; ++t) {
    collectors.push_back(std::make_unique<Collector>(space, predictor, options, stride));
    collectors.back()->found.begin = result.begin;
    collectors.back()->found.front = result.front;
    collectors.back()->found.best = result.best;
  }
  while (result.next < result.end) {
    const std::uint64_t begin = result.next;
    const std::uint64_t end = begin + std::min(result.end - begin, chunk);
    run_tasks(threads, threads, [&](std::size_t t) {
      const std::uint64_t from = begin + (end - begin) * t / threads;
      const std::uint64_t to = begin + (end - begin) * (t + 1) / threads;
      if (evolves) {
        evolve(space, options.seed, from, to, *collectors[t]);
      } else if (options.mode == SearchOptions::Mode::kSample) {
        sample(space, options.seed, from, to, *collectors[t]);
      } else {
        enumerate(space, from, to, *collectors[t]);
      }
      collectors[t]->ask_errors();
    });
    for (const auto& collector : collectors) merge_results(result, collector->take(), options);
    result.next = end;
    const bool tried =
        result.invalid >= kTrials || (result.next == result.end && result.invalid > 0);
    if (result.evaluated == 0 && tried && options.shards == 1)
      throw bad_input(fmt::format("none of the first {} architectures can be built; the first: {}",
                                  result.invalid, result.first_invalid));
    if (progress && !progress(result)) break;
  }
  const Objective first = options.objectives.front();
  std::sort(result.front.begin(), result.front.end(),
            [&](const FoundArchitecture& x, const FoundArchitecture& y) {
              return std::pair(x.value(first), x.index) < std::pair(y.value(first), y.index);
            });
  return result;
}

}  // namespace neuralpower
