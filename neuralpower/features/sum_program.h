// SPDX-License-Identifier: Apache-2.0
// SumProgram: weighted sums of terms, compiled for evaluating them often.
//
// Equal parts of terms (a logarithm, a product under a step) are computed once; steps and ramps,
// of which corrections have many, run through branchless loops; each term is then a product of
// looked-up values. Evaluation allocates nothing, and its results depend on terms and features
// only. They may differ from Term::evaluate in the last bit, because factors are grouped.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "neuralpower/features/term.h"

namespace neuralpower {

class SumProgram {
 public:
  struct Addend {
    Term term;
    double coefficient = 0;
    std::size_t sum = 0;  // which sum it belongs to
  };
  SumProgram(std::span<const Addend> addends, std::size_t sum_count);

  // sums[s] = sum of coefficient x term over the addends of sum s.
  void evaluate(const double* features, std::span<double> sums) const;

 private:
  static constexpr std::size_t kFactorsPerBlock = 4;
  struct Gate {
    std::uint32_t in;
    double bound, slope;
  };
  // Nodes begin .. end - 1 are of one kind and do not use each other.
  struct NodeRun {
    TermNode::Kind kind;
    std::uint32_t begin, end;
  };
  // Terms of one sum with equally many factors, in blocks of kFactorsPerBlock.
  struct Run {
    std::uint32_t sum, blocks, first_slot, first_coefficient, count;
  };

  std::uint32_t intern(std::span<const TermNode> nodes, std::uint32_t at);
  void factors_of(std::span<const TermNode> nodes, std::uint32_t at, double& coefficient,
                  std::vector<std::uint32_t>& factors);
  void order_nodes(std::vector<std::vector<std::uint32_t>>& factors);
  template <typename Fill>
  void run_gates(TermNode::Kind kind, double* values, Fill fill) const;
  void evaluate_into(const double* features, double* values, std::span<double> sums) const;

  std::map<TermNode, std::uint32_t> slot_of_;  // while compiling
  std::map<TermNode, std::uint32_t> gate_of_;  // while compiling
  std::vector<TermNode> nodes_;                // in order of evaluation; node i is values[i + 1]
  std::vector<NodeRun> node_runs_;
  std::array<std::vector<Gate>, 7> gates_;     // by kind, from kLessEqual to kRamp
  std::array<std::uint32_t, 8> gate_begin_{};  // their slots
  std::vector<std::uint32_t> slots_;           // factors of all terms
  std::vector<double> coefficients_;
  std::vector<Run> runs_;
  std::size_t value_count_ = 1;  // values[0] is 1
};

}  // namespace neuralpower
