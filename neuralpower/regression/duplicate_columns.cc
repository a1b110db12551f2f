// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/duplicate_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// Rounding of one standardised product; exact copies may differ by this much.
constexpr double kRounding = 16 * std::numeric_limits<double>::epsilon();

bool is_copy(const StandardisedProblem& problem, bool mirrored, double tolerance, std::size_t i,
             std::size_t j) {
  const double* a = problem.gram.data() + i * problem.stride;
  const double* b = problem.gram.data() + j * problem.stride;
  const double likeness = mirrored ? std::abs(a[j]) : a[j];
  if (tolerance > kRounding) return likeness >= 1 - tolerance;
  if (!(likeness >= 1 - kRounding)) return false;
  const double sign = a[j] < 0 ? -1 : 1;
  for (std::size_t k = 0; k < problem.size(); ++k) {
    if (!(std::abs(a[k] - sign * b[k]) <= kRounding)) return false;
  }
  return std::abs(problem.xty[i] - sign * problem.xty[j]) <=
         kRounding * std::sqrt(problem.target_square);
}

}  // namespace

std::vector<std::size_t> find_copies(const StandardisedProblem& problem,
                                     std::span<const double> preference, bool mirrored,
                                     double tolerance) {
  std::vector<std::size_t> order(problem.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::size_t> stands_for = order;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return preference[i] < preference[j]; });
  std::vector<std::size_t> kept;
  for (const std::size_t i : order) {
    const auto original = std::find_if(kept.begin(), kept.end(), [&](std::size_t j) {
      return is_copy(problem, mirrored, tolerance, i, j);
    });
    if (original == kept.end()) {
      kept.push_back(i);
    } else {
      stands_for[i] = *original;
    }
  }
  return stands_for;
}

DuplicateColumns find_duplicate_columns(const Moments& moments, std::span<const std::string> names,
                                        double tolerance) {
  if (!names.empty() && names.size() != moments.terms) {
    throw bad_input(std::to_string(names.size()) + " names for " + std::to_string(moments.terms) +
                    " terms");
  }
  if (!(moments.weight > 0)) throw bad_input("there are no rows of positive weight");
  if (moments.targets == 0) throw bad_input("moments without a target");
  const StandardisedProblem problem = standardise_all(moments, 0, true);
  std::vector<double> length(problem.size(), 0.0);
  if (!names.empty()) {
    for (std::size_t i = 0; i < problem.size(); ++i) {
      length[i] = static_cast<double>(names[problem.term[i]].size());
    }
  }
  const std::vector<std::size_t> original = find_copies(problem, length, true, tolerance);
  DuplicateColumns duplicates;
  duplicates.stands_for.resize(moments.terms);
  std::iota(duplicates.stands_for.begin(), duplicates.stands_for.end(), std::size_t{0});
  duplicates.scale.assign(moments.terms, 0.0);
  std::size_t next = 0;
  for (std::size_t term = 0; term < moments.terms; ++term) {
    if (next == problem.size() || problem.term[next] != term) {
      duplicates.constant.push_back(term);
      continue;
    }
    const std::size_t other = original[next];
    duplicates.stands_for[term] = problem.term[other];
    const bool opposite = problem.gram[next * problem.stride + other] < 0;
    duplicates.scale[term] =
        (opposite ? -1 : 1) * problem.deviation[next] / problem.deviation[other];
    if (other == next) duplicates.kept.push_back(term);
    ++next;
  }
  return duplicates;
}

}  // namespace neuralpower
