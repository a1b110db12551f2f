// SPDX-License-Identifier: Apache-2.0
// SumChain: programs that run one after another over the same layers, SumProgram::kLanes at a time.
//
// A program takes from those before it what they have in common: a quotient, a logarithm, a step.
// Its terms stay in their order, so its sums have the bits that SumProgram::evaluate gives. Later
// programs may look at columns that the results of earlier ones have filled.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "neuralpower/features/lane_kernels.h"
#include "neuralpower/features/sum_program.h"

namespace neuralpower {

class SumChain {
 public:
  // Its number in the chain, from 0.
  std::size_t append(const SumProgram& program);

  // Numbers that evaluating needs room for, on a cache line.
  std::size_t room() const;

  // The sums of one program for kLanes layers, those before it having been evaluated on the same
  // room: feature f of layer l is columns[f][l], the result sums[s][l]. All on cache lines.
  void evaluate(std::size_t program, const double* const* columns, double* room,
                double* const* sums, const LaneKernels& kernels = lane_kernels()) const;

 private:
  std::vector<SumTables> programs_;
  std::map<TermNode, std::uint32_t> value_of_, step_of_;  // with operands by slot
  std::uint32_t values_ = 1, steps_ = 0;
};

}  // namespace neuralpower
