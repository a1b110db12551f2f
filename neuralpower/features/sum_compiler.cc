// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "neuralpower/features/sum_tables.h"

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;

bool is_step(Kind kind) { return kind >= Kind::kLessEqual && kind <= Kind::kNotEqual; }

class SumCompiler {
 public:
  SumCompiler(std::span<const SumAddend> addends, std::size_t sum_count) : addends_(addends) {
    tables_.sum_count = sum_count;
  }

  SumTables compile() {
    terms_.resize(addends_.size());
    for (std::size_t i = 0; i < addends_.size(); ++i) {
      const auto nodes = addends_[i].term.nodes();
      terms_[i].coefficient = addends_[i].coefficient;
      split_factors(nodes, static_cast<std::uint32_t>(nodes.size() - 1), terms_[i]);
    }
    share_products();
    place_nodes();
    place_gates();
    place_terms();
    return std::move(tables_);
  }

 private:
  // While compiling, values are numbers of nodes_ (from 1); ramps and steps of their maps.
  struct Factors {
    double coefficient = 0;
    std::vector<std::uint32_t> nodes, ramps, steps;
  };
  using GateNumbers = std::map<TermNode, std::uint32_t>;

  // The number of a node, which is made if no earlier term had it.
  std::uint32_t intern(const TermNode& node) {
    const auto [found, is_new] =
        number_of_.try_emplace(node, static_cast<std::uint32_t>(nodes_.size() + 1));
    if (is_new) nodes_.push_back(node);
    return found->second;
  }
  std::uint32_t intern(std::span<const TermNode> nodes, std::uint32_t at) {
    TermNode node = nodes[at];
    if (has_a(node.kind)) node.a = intern(nodes, node.a);
    if (has_b(node.kind)) node.b = intern(nodes, node.b);
    return intern(node);
  }
  static std::uint32_t number_in(GateNumbers& gates, const TermNode& gate) {
    return gates.try_emplace(gate, static_cast<std::uint32_t>(gates.size())).first->second;
  }

  void split_factors(std::span<const TermNode> nodes, std::uint32_t at, Factors& term) {
    const TermNode& node = nodes[at];
    if (node.kind == Kind::kMultiply) {
      split_factors(nodes, node.a, term);
      split_factors(nodes, node.b, term);
    } else if (node.kind == Kind::kNumber) {
      term.coefficient *= node.p;
    } else if (is_step(node.kind) || node.kind == Kind::kRamp) {
      TermNode gate = node;
      gate.a = intern(nodes, node.a);
      if (node.kind == Kind::kRamp) {
        term.ramps.push_back(number_in(ramps_, gate));
      } else {
        term.steps.push_back(number_in(steps_, gate));
      }
    } else {
      term.nodes.push_back(intern(nodes, at));
    }
  }

  // Pairs of factors that several terms have become nodes, the most frequent first.
  void share_products() {
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds; ++round) {
      std::map<std::pair<std::uint32_t, std::uint32_t>, int> uses;
      for (Factors& term : terms_) {
        std::sort(term.nodes.begin(), term.nodes.end());
        for_each_pair(term.nodes, [&](std::size_t i, std::size_t j) {
          ++uses[{term.nodes[i], term.nodes[j]}];
        });
      }
      bool any = false;
      for (Factors& term : terms_) {
        int most = 1;
        std::size_t left = 0, right = 0;
        for_each_pair(term.nodes, [&](std::size_t i, std::size_t j) {
          const int count = uses[{term.nodes[i], term.nodes[j]}];
          if (count <= most) return;
          most = count;
          left = i;
          right = j;
        });
        if (most == 1) continue;
        any = true;
        const std::uint32_t product =
            intern(TermNode{Kind::kMultiply, term.nodes[left], term.nodes[right]});
        term.nodes.erase(term.nodes.begin() + static_cast<std::ptrdiff_t>(right));
        term.nodes[left] = product;
      }
      if (!any) return;
    }
  }
  template <typename Visit>
  static void for_each_pair(const std::vector<std::uint32_t>& factors, Visit visit) {
    for (std::size_t i = 0; i < factors.size(); ++i)
      for (std::size_t j = i + 1; j < factors.size(); ++j) visit(i, j);
  }

  // Sorts nodes by depth and kind, so that like follows like, and divisions by their divisors.
  void place_nodes() {
    std::vector<std::uint32_t> depth(nodes_.size() + 1, 0), order(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (has_a(nodes_[i].kind)) depth[i + 1] = depth[nodes_[i].a] + 1;
      if (has_b(nodes_[i].kind)) depth[i + 1] = std::max(depth[i + 1], depth[nodes_[i].b] + 1);
    }
    std::iota(order.begin(), order.end(), 0u);
    const auto place_of = [&](std::uint32_t i) {
      const TermNode& node = nodes_[i];
      return std::tuple(depth[i + 1], node.kind, node.kind == Kind::kDivide ? node.b : 0u);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t x, std::uint32_t y) { return place_of(x) < place_of(y); });
    slot_of_.assign(nodes_.size() + 1, 0);
    for (std::size_t i = 0; i < order.size(); ++i)
      slot_of_[order[i] + 1] = static_cast<std::uint32_t>(i + 1);
    std::uint32_t last_depth = 0;
    for (const std::uint32_t i : order) {
      TermNode node = nodes_[i];
      if (has_a(node.kind)) node.a = slot_of_[node.a];
      if (has_b(node.kind)) node.b = slot_of_[node.b];
      const auto at = static_cast<std::uint32_t>(tables_.nodes.size());
      auto& runs = tables_.node_runs;
      if (runs.empty() || runs.back().kind != node.kind || depth[i + 1] != last_depth)
        runs.push_back({node.kind, at, at});
      runs.back().end = at + 1;
      last_depth = depth[i + 1];
      tables_.nodes.push_back(node);
    }
  }

  void place_gates() {
    ramp_at_.resize(ramps_.size());
    for (const auto& [gate, number] : ramps_) {
      ramp_at_[number] = static_cast<std::uint32_t>(tables_.ramp_slot(tables_.ramps.size()));
      tables_.ramps.push_back({slot_of_[gate.a], gate.p, gate.q});
    }
    step_at_.resize(steps_.size());
    for (std::size_t kind = 0; kind < SumTables::kStepKinds; ++kind) {
      tables_.step_begin[kind] = static_cast<std::uint32_t>(tables_.steps.size());
      for (const auto& [gate, number] : steps_) {
        if (static_cast<std::size_t>(gate.kind) - static_cast<std::size_t>(Kind::kLessEqual) !=
            kind)
          continue;
        step_at_[number] = static_cast<std::uint32_t>(tables_.steps.size());
        tables_.steps.push_back({slot_of_[gate.a], gate.p});
      }
    }
    tables_.step_begin.back() = static_cast<std::uint32_t>(tables_.steps.size());
  }

  void place_terms() {
    const auto shape_of = [&](std::size_t i) {
      return std::tuple(addends_[i].sum, terms_[i].nodes.size() + terms_[i].ramps.size(),
                        terms_[i].steps.size());
    };
    std::vector<std::size_t> order(terms_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t x, std::size_t y) { return shape_of(x) < shape_of(y); });
    for (std::size_t k = 0; k < order.size(); ++k) {
      const std::size_t i = order[k];
      if (k == 0 || shape_of(order[k - 1]) != shape_of(i)) begin_run(i);
      place_term(terms_[i]);
    }
  }

  void begin_run(std::size_t i) {
    SumTables::TermRun run;
    run.sum = static_cast<std::uint32_t>(std::min(addends_[i].sum, tables_.sum_count - 1));
    run.values = static_cast<std::uint32_t>(terms_[i].nodes.size() + terms_[i].ramps.size());
    run.steps = static_cast<std::uint32_t>(terms_[i].steps.size());
    const std::size_t factors = std::max(run.values + run.steps, 1u);
    run.blocks = static_cast<std::uint32_t>((factors + SumTables::kFactorsPerBlock - 1) /
                                            SumTables::kFactorsPerBlock);
    run.first_factor = static_cast<std::uint32_t>(tables_.factors.size());
    run.first_slot = static_cast<std::uint32_t>(tables_.slots.size());
    run.first_coefficient = static_cast<std::uint32_t>(tables_.coefficients.size());
    tables_.runs.push_back(run);
  }

  void place_term(const Factors& term) {
    SumTables::TermRun& run = tables_.runs.back();
    const std::size_t end = tables_.slots.size() + run.blocks * SumTables::kFactorsPerBlock;
    const auto add = [&](std::uint32_t factor, std::size_t slot) {
      tables_.factors.push_back(factor);
      tables_.slots.push_back(static_cast<std::uint32_t>(slot));
    };
    for (const std::uint32_t node : term.nodes) add(slot_of_[node], slot_of_[node]);
    for (const std::uint32_t ramp : term.ramps) add(ramp_at_[ramp], ramp_at_[ramp]);
    for (const std::uint32_t step : term.steps)
      add(step_at_[step], tables_.step_slot(step_at_[step]));
    tables_.slots.resize(end, 0u);  // times 1
    tables_.coefficients.push_back(term.coefficient);
    ++run.count;
  }

  std::span<const SumAddend> addends_;
  SumTables tables_;
  std::vector<Factors> terms_;
  std::vector<TermNode> nodes_;
  std::map<TermNode, std::uint32_t> number_of_;
  GateNumbers ramps_, steps_;
  std::vector<std::uint32_t> slot_of_, ramp_at_, step_at_;
};

}  // namespace

SumTables compile_sums(std::span<const SumAddend> addends, std::size_t sum_count) {
  return SumCompiler(addends, sum_count).compile();
}

}  // namespace neuralpower
