// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/sum_chain.h"

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;

Kind step_kind(std::size_t index) {
  return static_cast<Kind>(static_cast<std::size_t>(Kind::kLessEqual) + index);
}

// The step that is 1 where this one is 0; values are numbers, never NaN.
Kind opposite(Kind step) {
  switch (step) {
    case Kind::kLessEqual:
      return Kind::kGreater;
    case Kind::kGreater:
      return Kind::kLessEqual;
    case Kind::kLess:
      return Kind::kGreaterEqual;
    case Kind::kGreaterEqual:
      return Kind::kLess;
    case Kind::kEqual:
      return Kind::kNotEqual;
    default:
      return Kind::kEqual;
  }
}

}  // namespace

std::size_t SumChain::append(const SumProgram& program) {
  const SumTables& own = program.tables();
  SumTables joined;
  joined.first_value = values_;
  joined.first_step = steps_;
  joined.sum_count = own.sum_count;
  joined.coefficients = own.coefficients;

  std::vector<std::uint32_t> slot_at(own.value_count(), 0), step_at(own.steps.size());
  for (const SumTables::NodeRun& run : own.node_runs) {
    const auto begin = static_cast<std::uint32_t>(joined.nodes.size());
    for (std::uint32_t i = run.begin; i < run.end; ++i) {
      TermNode node = own.nodes[i];
      if (has_a(node.kind)) node.a = slot_at[node.a];
      if (has_b(node.kind)) node.b = slot_at[node.b];
      const auto [found, is_new] = value_of_.try_emplace(node, values_);
      slot_at[own.node_slot(i)] = found->second;
      if (!is_new) continue;
      joined.nodes.push_back(node);
      ++values_;
    }
    const auto end = static_cast<std::uint32_t>(joined.nodes.size());
    if (end > begin) joined.node_runs.push_back({run.kind, begin, end});
  }
  for (std::size_t i = 0; i < own.ramps.size(); ++i) {
    SumTables::Ramp ramp = own.ramps[i];
    ramp.in = slot_at[ramp.in];
    const auto [found, is_new] =
        value_of_.try_emplace({Kind::kRamp, ramp.in, 0, ramp.start, ramp.slope}, values_);
    slot_at[own.ramp_slot(i)] = found->second;
    if (!is_new) continue;
    joined.ramps.push_back(ramp);
    ++values_;
  }
  struct Opposite {
    std::size_t at;  // in own.steps
    SumTables::Step step;
    TermNode node;
  };
  std::vector<Opposite> opposites;
  for (std::size_t kind = 0; kind < SumTables::kStepKinds; ++kind) {
    joined.step_begin[kind] = static_cast<std::uint32_t>(joined.steps.size());
    for (std::uint32_t i = own.step_begin[kind]; i < own.step_begin[kind + 1]; ++i) {
      const SumTables::Step step = {slot_at[own.steps[i].in], own.steps[i].bound};
      const TermNode node = {step_kind(kind), step.in, 0, step.bound, 0};
      TermNode other = node;
      other.kind = opposite(node.kind);
      if (const auto known = step_of_.find(other); known != step_of_.end()) {
        opposites.push_back({i, {known->second, step.bound}, node});
        continue;
      }
      const auto [found, is_new] = step_of_.try_emplace(node, steps_);
      step_at[i] = found->second;
      if (!is_new) continue;
      joined.steps.push_back(step);
      ++steps_;
    }
  }
  joined.step_begin.back() = static_cast<std::uint32_t>(joined.steps.size());
  for (const Opposite& opposite : opposites) {
    const auto [found, is_new] = step_of_.try_emplace(opposite.node, steps_);
    step_at[opposite.at] = found->second;
    if (!is_new) continue;
    joined.steps.push_back(opposite.step);
    ++steps_;
  }

  joined.runs = own.runs;
  const std::uint32_t* factor = own.factors.data();
  for (const SumTables::TermRun& run : own.runs)
    for (std::uint32_t t = 0; t < run.count; ++t) {
      for (std::uint32_t v = 0; v < run.values; ++v) joined.factors.push_back(slot_at[*factor++]);
      for (std::uint32_t s = 0; s < run.steps; ++s) joined.factors.push_back(step_at[*factor++]);
    }
  programs_.push_back(std::move(joined));
  return programs_.size() - 1;
}

std::size_t SumChain::room() const {
  constexpr std::size_t kWordsANumber = sizeof(double) / sizeof(std::uint32_t);
  return values_ * SumProgram::kLanes + (steps_ / kWordsANumber + 8) / 8 * 8;
}

void SumChain::evaluate(std::size_t program, const double* const* columns, double* room,
                        double* const* sums, const LaneKernels& kernels) const {
  auto* masks = reinterpret_cast<std::uint32_t*>(room + values_ * SumProgram::kLanes);
  kernels.run_sums(programs_[program], columns, room, masks, sums);
}

}  // namespace neuralpower
