// SPDX-License-Identifier: Apache-2.0
// The loops over layers side by side, each compiled for SSE2, AVX2 and AVX-512; the processor
// decides which set runs. All give the bits of one layer alone (real_math.inc, SumProgram).
#pragma once

#include <cstddef>
#include <vector>

#include "neuralpower/features/sum_tables.h"

namespace neuralpower {

struct LaneKernels {
  const char* name;
  // SumChain::evaluate. `values` has a row of kLanes numbers a slot, `masks` a word a step.
  void (*run_sums)(const SumTables& tables, const double* const* columns, double* values,
                   std::uint32_t* masks, double* const* sums);
  // values[l] *= exp(clamp(intercept + exponents[l], low, high)), for SumProgram::kLanes layers.
  void (*correct)(double* values, const double* exponents, double intercept, double low,
                  double high);
};

// The best set this processor can run, and all that it can, the best first.
const LaneKernels& lane_kernels();
std::vector<const LaneKernels*> supported_lane_kernels();

}  // namespace neuralpower
