// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/folds.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014); std::shuffle's order is left to the library's taste.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

std::vector<std::uint32_t> make_folds(std::span<const std::uint64_t> group_of_row,
                                      std::size_t fold_count, std::uint64_t seed) {
  if (fold_count < 2) throw bad_input("cross-validation needs at least two folds");
  std::unordered_map<std::uint64_t, std::size_t> number_of;  // groups in order of appearance
  std::vector<std::size_t> group(group_of_row.size()), rows;
  for (std::size_t r = 0; r < group_of_row.size(); ++r) {
    const auto [at, is_new] = number_of.emplace(group_of_row[r], rows.size());
    if (is_new) rows.push_back(0);
    group[r] = at->second;
    ++rows[at->second];
  }
  if (rows.size() < fold_count) {
    throw bad_input(std::to_string(rows.size()) + " groups of rows cannot fill " +
                    std::to_string(fold_count) + " folds");
  }
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = order.size() - 1; i > 0; --i) {
    std::swap(order[i], order[next_random(seed) % (i + 1)]);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a] > rows[b]; });
  std::vector<std::size_t> filled(fold_count, 0);
  std::vector<std::uint32_t> fold_of_group(rows.size());
  for (const std::size_t g : order) {
    const auto least = std::min_element(filled.begin(), filled.end()) - filled.begin();
    fold_of_group[g] = static_cast<std::uint32_t>(least);
    filled[static_cast<std::size_t>(least)] += rows[g];
  }
  std::vector<std::uint32_t> folds(group.size());
  for (std::size_t r = 0; r < group.size(); ++r) folds[r] = fold_of_group[group[r]];
  return folds;
}

std::vector<std::uint32_t> make_folds(std::size_t rows, std::size_t fold_count,
                                      std::uint64_t seed) {
  std::vector<std::uint64_t> own(rows);
  std::iota(own.begin(), own.end(), std::uint64_t{0});
  return make_folds(own, fold_count, seed);
}

}  // namespace neuralpower
