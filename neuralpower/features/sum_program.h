// SPDX-License-Identifier: Apache-2.0
// SumProgram: weighted sums of terms, compiled for evaluating them often, for one layer or for many
// side by side.
//
// Equal parts of terms (a logarithm, a product under a step) are computed once; steps and ramps,
// of which corrections have many, run through branchless loops; each term is then a product of
// looked-up values. Evaluation allocates nothing, and its results depend on terms and features
// only: a layer has the same bits alone and among others, on every machine. They may differ from
// Term::evaluate in the last bits, because factors are grouped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "neuralpower/features/sum_tables.h"

namespace neuralpower {

class SumProgram {
 public:
  using Addend = SumAddend;
  SumProgram(std::span<const Addend> addends, std::size_t sum_count)
      : tables_(compile_sums(addends, sum_count)) {}

  // sums[s] = sum of coefficient x term over the addends of sum s.
  void evaluate(const double* features, std::span<double> sums) const;

  // How many layers run side by side (sum_chain.h).
  static constexpr std::size_t kLanes = 32;
  const SumTables& tables() const { return tables_; }

  // Features that are read; the columns of others need not be there.
  std::vector<std::uint32_t> features_read() const;

 private:
  void evaluate_into(const double* features, double* values, std::span<double> sums) const;

  SumTables tables_;
};

}  // namespace neuralpower
