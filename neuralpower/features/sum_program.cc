// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/sum_program.h"

#include <algorithm>
#include <numeric>

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;

constexpr std::uint32_t kGateFlag = 0x80000000u;  // a gate's number before slots are dealt
constexpr std::size_t kOnStack = 1024;

bool is_gate(Kind kind) { return kind >= Kind::kLessEqual; }
std::size_t gate_index(Kind kind) {
  return static_cast<std::size_t>(kind) - static_cast<std::size_t>(Kind::kLessEqual);
}
bool has_a(Kind kind) { return kind != Kind::kNumber && kind != Kind::kFeature; }
bool has_b(Kind kind) {
  return kind == Kind::kMultiply || kind == Kind::kDivide || kind == Kind::kOver ||
         kind == Kind::kMin || kind == Kind::kMax;
}

}  // namespace

// The slot of a node, which is made if no earlier term had it.
std::uint32_t SumProgram::intern(std::span<const TermNode> nodes, std::uint32_t at) {
  TermNode node = nodes[at];
  if (has_a(node.kind)) node.a = intern(nodes, node.a);
  if (has_b(node.kind)) node.b = intern(nodes, node.b);
  const auto [found, is_new] =
      slot_of_.try_emplace(node, static_cast<std::uint32_t>(nodes_.size() + 1));
  if (is_new) nodes_.push_back(node);
  return found->second;
}

void SumProgram::factors_of(std::span<const TermNode> nodes, std::uint32_t at, double& coefficient,
                            std::vector<std::uint32_t>& factors) {
  const TermNode& node = nodes[at];
  if (node.kind == Kind::kMultiply) {
    factors_of(nodes, node.a, coefficient, factors);
    factors_of(nodes, node.b, coefficient, factors);
  } else if (node.kind == Kind::kNumber) {
    coefficient *= node.p;
  } else if (is_gate(node.kind)) {
    TermNode gate = node;
    gate.a = intern(nodes, node.a);
    const auto number = static_cast<std::uint32_t>(gate_of_.size());
    factors.push_back(gate_of_.try_emplace(gate, number).first->second | kGateFlag);
  } else {
    factors.push_back(intern(nodes, at));
  }
}

// Sorts nodes by depth and kind, so that like follows like, then deals the gates their slots
// behind them and brings `factors` up to date.
void SumProgram::order_nodes(std::vector<std::vector<std::uint32_t>>& factors) {
  std::vector<std::uint32_t> depth(nodes_.size() + 1, 0), order(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (has_a(nodes_[i].kind)) depth[i + 1] = depth[nodes_[i].a] + 1;
    if (has_b(nodes_[i].kind)) depth[i + 1] = std::max(depth[i + 1], depth[nodes_[i].b] + 1);
  }
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
    return std::pair(depth[x + 1], nodes_[x].kind) < std::pair(depth[y + 1], nodes_[y].kind);
  });
  std::vector<std::uint32_t> new_slot(nodes_.size() + 1, 0);
  for (std::size_t i = 0; i < order.size(); ++i)
    new_slot[order[i] + 1] = static_cast<std::uint32_t>(i + 1);
  std::vector<TermNode> sorted;
  for (const std::uint32_t i : order) {
    TermNode node = nodes_[i];
    if (has_a(node.kind)) node.a = new_slot[node.a];
    if (has_b(node.kind)) node.b = new_slot[node.b];
    sorted.push_back(node);
  }
  nodes_ = std::move(sorted);
  std::uint32_t last_depth = 0;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const Kind kind = nodes_[i].kind;
    if (node_runs_.empty() || node_runs_.back().kind != kind || depth[order[i] + 1] != last_depth)
      node_runs_.push_back({kind, i, i});
    node_runs_.back().end = i + 1;
    last_depth = depth[order[i] + 1];
  }

  std::vector<std::uint32_t> gate_slot(gate_of_.size());
  std::uint32_t slot = static_cast<std::uint32_t>(nodes_.size() + 1);
  for (std::size_t kind = 0; kind < gates_.size(); ++kind) {
    gate_begin_[kind] = slot;
    for (const auto& [gate, number] : gate_of_) {
      if (gate_index(gate.kind) != kind) continue;
      gates_[kind].push_back({new_slot[gate.a], gate.p, gate.q});
      gate_slot[number] = slot++;
    }
  }
  gate_begin_[gates_.size()] = slot;
  value_count_ = slot;
  for (auto& term : factors)
    for (std::uint32_t& f : term) f = f & kGateFlag ? gate_slot[f ^ kGateFlag] : new_slot[f];
}

SumProgram::SumProgram(std::span<const Addend> addends, std::size_t sum_count) {
  std::vector<std::vector<std::uint32_t>> factors(addends.size());
  std::vector<double> coefficients(addends.size());
  for (std::size_t i = 0; i < addends.size(); ++i) {
    const auto nodes = addends[i].term.nodes();
    coefficients[i] = addends[i].coefficient;
    factors_of(nodes, static_cast<std::uint32_t>(nodes.size() - 1), coefficients[i], factors[i]);
  }
  order_nodes(factors);
  slot_of_.clear();
  gate_of_.clear();

  const auto blocks_of = [&](std::size_t i) {
    return std::max<std::size_t>(1, (factors[i].size() + kFactorsPerBlock - 1) / kFactorsPerBlock);
  };
  std::vector<std::size_t> order(addends.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return std::pair(addends[x].sum, blocks_of(x)) < std::pair(addends[y].sum, blocks_of(y));
  });
  for (const std::size_t i : order) {
    const auto sum = static_cast<std::uint32_t>(std::min(addends[i].sum, sum_count - 1));
    const auto blocks = static_cast<std::uint32_t>(blocks_of(i));
    if (runs_.empty() || runs_.back().sum != sum || runs_.back().blocks != blocks)
      runs_.push_back({sum, blocks, static_cast<std::uint32_t>(slots_.size()),
                       static_cast<std::uint32_t>(coefficients_.size()), 0});
    ++runs_.back().count;
    coefficients_.push_back(coefficients[i]);
    slots_.insert(slots_.end(), factors[i].begin(), factors[i].end());
    slots_.insert(slots_.end(), blocks * kFactorsPerBlock - factors[i].size(), 0u);
  }
}

template <typename Fill>
void SumProgram::run_gates(Kind kind, double* values, Fill fill) const {
  const std::vector<Gate>& gates = gates_[gate_index(kind)];
  double* out = values + gate_begin_[gate_index(kind)];
  for (std::size_t i = 0; i < gates.size(); ++i) out[i] = fill(values[gates[i].in], gates[i]);
}

void SumProgram::evaluate_into(const double* features, double* values,
                               std::span<double> sums) const {
  values[0] = 1;
  for (const NodeRun& run : node_runs_) {
    // The kind is a constant inside each loop, so that the compiler leaves only its case.
    const auto all_of = [&](auto kind) {
      for (std::uint32_t i = run.begin; i < run.end; ++i)
        values[i + 1] = evaluate_node(kind(), nodes_[i], values, features);
    };
    switch (run.kind) {
      case Kind::kFeature:
        all_of([] { return Kind::kFeature; });
        break;
      case Kind::kMultiply:
        all_of([] { return Kind::kMultiply; });
        break;
      case Kind::kDivide:
        all_of([] { return Kind::kDivide; });
        break;
      case Kind::kUp:
        all_of([] { return Kind::kUp; });
        break;
      case Kind::kLog2:
        all_of([] { return Kind::kLog2; });
        break;
      default:
        all_of([&] { return run.kind; });
        break;
    }
  }
  run_gates(Kind::kLessEqual, values,
            [](double x, const Gate& g) { return x <= g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kGreaterEqual, values,
            [](double x, const Gate& g) { return x >= g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kLess, values, [](double x, const Gate& g) { return x < g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kGreater, values,
            [](double x, const Gate& g) { return x > g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kEqual, values, [](double x, const Gate& g) { return x == g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kNotEqual, values,
            [](double x, const Gate& g) { return x != g.bound ? 1.0 : 0.0; });
  run_gates(Kind::kRamp, values, [](double x, const Gate& g) {
    return std::min(std::max((x - g.bound) * g.slope, 0.0), 1.0);
  });
  std::fill(sums.begin(), sums.end(), 0.0);
  for (const Run& run : runs_) {
    const std::uint32_t* slot = slots_.data() + run.first_slot;
    const double* coefficient = coefficients_.data() + run.first_coefficient;
    double sum = 0;
    if (run.blocks == 1) {
      for (std::uint32_t t = 0; t < run.count; ++t, slot += kFactorsPerBlock)
        sum += coefficient[t] *
               ((values[slot[0]] * values[slot[1]]) * (values[slot[2]] * values[slot[3]]));
    } else {
      for (std::uint32_t t = 0; t < run.count; ++t) {
        double product = coefficient[t];
        for (std::uint32_t b = 0; b < run.blocks; ++b, slot += kFactorsPerBlock)
          product *= (values[slot[0]] * values[slot[1]]) * (values[slot[2]] * values[slot[3]]);
        sum += product;
      }
    }
    sums[run.sum] += sum;
  }
}

void SumProgram::evaluate(const double* features, std::span<double> sums) const {
  if (value_count_ <= kOnStack) {
    std::array<double, kOnStack> values;
    evaluate_into(features, values.data(), sums);
  } else {
    std::vector<double> values(value_count_);
    evaluate_into(features, values.data(), sums);
  }
}

}  // namespace neuralpower
