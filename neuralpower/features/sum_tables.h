// SPDX-License-Identifier: Apache-2.0
// SumTables: what weighted sums of terms are compiled to (sum_compiler.cc); plain tables that one
// layer (sum_program.cc) or many at once (lane_kernels.inc) are run through.
//
// Every value has a slot: slot 0 is 1, then the nodes in order of evaluation, then the ramps. Steps
// are 0 or 1 and are numbered by themselves. Two of three or more factors that several terms have
// in common are a node of their own. A term is its coefficient times its factors, values first:
//   c * ((v0 * v1) * (v2 * v3)) * ...      in fours, so that both ways of running round alike
// In a chain (sum_chain.h) slots and steps of a program count on from those before it, and behind
// the steps of all kinds stand those that are another's opposite: `in` is the number of that one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "neuralpower/features/term.h"

namespace neuralpower {

struct SumTables {
  static constexpr std::size_t kFactorsPerBlock = 4;
  static constexpr std::size_t kStepKinds = 6;  // from kLessEqual to kNotEqual

  // Nodes begin .. end - 1 are of one kind and do not use each other.
  struct NodeRun {
    TermNode::Kind kind = TermNode::Kind::kNumber;
    std::uint32_t begin = 0, end = 0;
  };
  struct Ramp {
    std::uint32_t in = 0;
    double start = 0, slope = 0;
  };
  struct Step {
    std::uint32_t in = 0;
    double bound = 0;
  };
  // Terms of one sum with equally many values and steps.
  struct TermRun {
    std::uint32_t sum = 0, values = 0, steps = 0, blocks = 1, count = 0;
    std::uint32_t first_factor = 0, first_slot = 0, first_coefficient = 0;
  };

  std::vector<TermNode> nodes;
  std::vector<NodeRun> node_runs;
  std::vector<Ramp> ramps;
  std::vector<Step> steps;                                 // by kind
  std::array<std::uint32_t, kStepKinds + 1> step_begin{};  // of each kind
  std::vector<TermRun> runs;
  std::vector<double> coefficients;
  std::vector<std::uint32_t> factors;  // of each term: slots of its values, numbers of its steps
  std::vector<std::uint32_t> slots;    // the same in fours, for one layer: step s at step_slot(s)
  std::size_t sum_count = 1;

  std::uint32_t first_value = 1, first_step = 0;  // the slot of the first node; the first step

  std::size_t node_slot(std::size_t node) const { return first_value + node; }
  std::size_t ramp_slot(std::size_t ramp) const { return first_value + nodes.size() + ramp; }
  std::size_t value_count() const { return ramp_slot(ramps.size()); }
  // One layer alone has its steps behind its values.
  std::size_t step_slot(std::size_t step) const { return value_count() + step; }
};

// Which operands a node has.
constexpr bool has_a(TermNode::Kind kind) {
  return kind != TermNode::Kind::kNumber && kind != TermNode::Kind::kFeature;
}
constexpr bool has_b(TermNode::Kind kind) {
  using Kind = TermNode::Kind;
  return kind == Kind::kMultiply || kind == Kind::kDivide || kind == Kind::kOver ||
         kind == Kind::kMin || kind == Kind::kMax;
}

// Weighted terms, each for one of the sums.
struct SumAddend {
  Term term;
  double coefficient = 0;
  std::size_t sum = 0;
};

SumTables compile_sums(std::span<const SumAddend> addends, std::size_t sum_count);

}  // namespace neuralpower
