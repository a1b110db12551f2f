// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/fusion_rules.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/mode_names.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/network/slice_fusion.h"

namespace neuralpower {
namespace {

constexpr int kNone = -1;

std::optional<PostOp> step_of(std::string_view word) {
  if (word == "norm") return PostOp{PostOp::Kind::kNormalization, {}};
  if (word == "add") return PostOp{PostOp::Kind::kAdd, {}};
  if (word == "mul") return PostOp{PostOp::Kind::kMul, {}};
  if (const auto mode = find_mode<ActivationMode>(kActivationModes, word))
    return PostOp{PostOp::Kind::kActivation, *mode};
  return std::nullopt;
}

bool is_in_parentheses(std::string_view word) {
  return word.size() > 2 && word.front() == '(' && word.back() == ')';
}

std::string inside(std::string_view word) { return std::string(word.substr(1, word.size() - 2)); }

void parse_chain(FusionRules& rules, const std::string& text) {
  const auto words = split(text, '+');
  if (words.size() == 2 && is_in_parentheses(words[0])) {
    rules.led_by[std::string(words[1])].insert(inside(words[0]));
    return;
  }
  if (words.size() == 2 && is_in_parentheses(words[1])) {
    rules.folded[std::string(words[0])].insert(inside(words[1]));
    return;
  }
  std::string chain(words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!step_of(words[i]))
      throw bad_input("fusion rule '" + text + "': '" + std::string(words[i]) +
                      "' is no step; steps are norm, add, mul and activation modes");
    chain += "+" + std::string(words[i]);
    rules.chains.insert(chain);
  }
}

// A layer and what has been fused into it so far.
struct Unit {
  Layer layer;
  std::string word;   // of the main operation
  std::string chain;  // with its steps
  std::vector<std::string> members;
  std::string pattern;
  bool alive = true;
};

class Fusion {
 public:
  Fusion(const Network& network, const FusionRules& rules, const std::vector<FusedGroup>& groups)
      : network_(network),
        rules_(rules),
        readers_(network.tensors.size(), 0),
        unit_of_(network.tensors.size(), kNone) {
    for (const Layer& layer : network.layers)
      for (const TensorId id : layer.inputs) ++readers_[index(id)];
    for (const TensorId id : network.outputs) ++readers_[index(id)];
    for (const FusedGroup& group : groups) pattern_of_[group.layer] = &group;
  }

  FusedNetwork run() {
    for (const Layer& layer : network_.layers) {
      if (is_constant(layer) || joins_a_unit(layer)) continue;
      add_unit(layer);
    }
    FusedNetwork result;
    result.network = network_;
    result.network.layers.clear();
    for (Unit& unit : units_) {
      if (!unit.alive) continue;
      if (unit.members.size() > 1 || !unit.pattern.empty())
        result.groups.push_back(
            {unit.layer.name, unit.pattern.empty() ? unit.chain : unit.pattern, unit.members});
      result.network.layers.push_back(std::move(unit.layer));
    }
    if (!constants_.empty()) result.groups.push_back({"", "constants", constants_});
    return result;
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }
  Unit& unit(int i) { return units_[static_cast<std::size_t>(i)]; }

  bool is_constant(const Layer& layer) {
    if (!rules_.constants || std::holds_alternative<UnsupportedOp>(layer.config.op)) return false;
    for (const TensorId id : layer.inputs)
      if (!constant_tensors_.contains(id)) return false;
    for (const TensorId id : layer.outputs) {
      constant_tensors_.insert(id);
      if (std::find(network_.outputs.begin(), network_.outputs.end(), id) != network_.outputs.end())
        return false;
    }
    constants_.push_back(layer.name);
    return true;
  }

  // The unit that writes a tensor which nobody else reads.
  int private_writer(TensorId id) const {
    return readers_[index(id)] == 1 ? unit_of_[index(id)] : kNone;
  }

  bool joins_a_unit(const Layer& layer) {
    const std::string word = rule_word(layer.config);
    int best = kNone;
    bool fold = false;
    for (const TensorId id : layer.inputs) {
      const int candidate = private_writer(id);
      if (candidate == kNone || candidate < best) continue;
      const Unit& u = unit(candidate);
      const auto folded = rules_.folded.find(u.word);
      const bool can_fold = layer.inputs.size() == 1 && u.layer.config.post.empty() &&
                            folded != rules_.folded.end() && folded->second.contains(word);
      if (!can_fold && !can_step(layer, u, word)) continue;
      best = candidate;
      fold = can_fold;
    }
    if (best == kNone) return false;
    merge(best, layer, word, fold);
    return true;
  }

  bool can_step(const Layer& layer, const Unit& u, const std::string& word) const {
    const std::string step = word.starts_with("norm.") ? "norm" : word;
    if (!rules_.chains.contains(u.chain + "+" + step) || layer.outputs.size() != 1) return false;
    const bool is_pair = std::holds_alternative<Elementwise>(layer.config.op);
    if (!is_pair) return layer.inputs.size() == 1;
    // Both operands must be as large as the result.
    return layer.inputs.size() == 2 && layer.inputs[0] != layer.inputs[1] &&
           shape(layer.inputs[0]) == shape(layer.inputs[1]);
  }

  const Shape& shape(TensorId id) const { return network_.tensors[index(id)].shape; }

  // The unit moves behind everything that is there: what it now reads may be younger than it.
  void merge(int at, const Layer& layer, const std::string& word, bool fold) {
    Unit merged = std::move(unit(at));
    unit(at).alive = false;
    const TensorId inner = merged.layer.outputs.empty() ? kNone : merged.layer.outputs[0];
    for (const TensorId id : layer.inputs)
      if (id != inner) merged.layer.inputs.push_back(id);
    merged.layer.outputs = layer.outputs;
    merged.layer.params = checked_add(merged.layer.params, layer.params);
    merged.layer.name = joined_name(merged.layer.name, layer.name);
    merged.members.push_back(layer.name);
    if (fold) {
      merged.chain = merged.word;  // what is folded leaves no trace
    } else {
      const std::string step = word.starts_with("norm.") ? "norm" : word;
      merged.layer.config.post.push_back(*step_of(step));
      merged.chain += "+" + step;
    }
    place(std::move(merged));
  }

  void add_unit(const Layer& layer) {
    Unit fresh;
    fresh.layer = layer;
    fresh.word = fresh.chain = rule_word(layer.config);
    fresh.members = {layer.name};
    if (const auto found = pattern_of_.find(layer.name); found != pattern_of_.end()) {
      fresh.members = found->second->members;
      fresh.pattern = found->second->pattern;
    }
    take_what_leads(fresh);
    place(std::move(fresh));
  }

  void take_what_leads(Unit& fresh) {
    const auto rule = rules_.led_by.find(fresh.word);
    if (rule == rules_.led_by.end()) return;
    const std::vector<TensorId> inputs = fresh.layer.inputs;
    for (const TensorId id : inputs) {
      const int before = private_writer(id);
      if (before == kNone || !rule->second.contains(unit(before).chain)) continue;
      Unit& u = unit(before);
      if (u.layer.inputs.size() != 1 && !step_of(u.word)) continue;
      auto& now = fresh.layer.inputs;
      const auto at = now.erase(std::find(now.begin(), now.end(), id));
      now.insert(at, u.layer.inputs.begin(), u.layer.inputs.end());
      fresh.layer.params = checked_add(fresh.layer.params, u.layer.params);
      fresh.layer.name = joined_name(u.layer.name, fresh.layer.name);
      fresh.members.insert(fresh.members.begin(), u.members.begin(), u.members.end());
      if (const auto step = step_of(u.word); step && step->kind != PostOp::Kind::kActivation) {
        fresh.layer.config.post.push_back(*step);
        fresh.chain += "+" + u.word;
      }
      u.alive = false;
    }
  }

  void place(Unit&& u) {
    for (const TensorId id : u.layer.outputs) unit_of_[index(id)] = static_cast<int>(units_.size());
    units_.push_back(std::move(u));
  }

  const Network& network_;
  const FusionRules& rules_;
  std::vector<int> readers_;
  std::vector<int> unit_of_;  // who writes a tensor
  std::vector<Unit> units_;
  std::map<std::string, const FusedGroup*> pattern_of_;
  std::set<TensorId> constant_tensors_;
  std::vector<std::string> constants_;
};

// An add, mul, sub or div of one activation and a constant that is smaller than it.
bool has_small_constant(const Elementwise& op) { return op.inputs == 2 && op.broadcast == 1; }

}  // namespace

FusionRules FusionRules::parse(const std::vector<std::string>& texts) {
  FusionRules rules;
  for (const std::string& text : texts) {
    if (text == "constants") {
      rules.constants = true;
    } else if (text == "slices") {
      rules.slices = true;
    } else if (text.find('+') != std::string::npos) {
      parse_chain(rules, text);
    } else if (is_pattern(text)) {
      rules.patterns.insert(text);
    } else {
      throw bad_input("fusion rule '" + text + "' is neither a known pattern nor a chain");
    }
  }
  return rules;
}

std::string rule_word(const LayerConfig& config) {
  if (const auto* op = std::get_if<Activation>(&config.op)) return std::string(to_string(op->mode));
  if (const auto* op = std::get_if<DataMovement>(&config.op))
    return std::string(to_string(op->mode));
  if (const auto* op = std::get_if<Normalization>(&config.op))
    return "norm." + std::string(to_string(op->mode));
  if (const auto* op = std::get_if<Elementwise>(&config.op); op && has_small_constant(*op)) {
    if (op->mode == ElementwiseMode::kAdd || op->mode == ElementwiseMode::kSub) return "bias";
    if (op->mode == ElementwiseMode::kMul || op->mode == ElementwiseMode::kDiv) return "scale";
  }
  return std::string(kind_of(config.op));
}

std::string step_word(const PostOp& step) {
  switch (step.kind) {
    case PostOp::Kind::kNormalization:
      return "norm";
    case PostOp::Kind::kAdd:
      return "add";
    case PostOp::Kind::kMul:
      return "mul";
    case PostOp::Kind::kActivation:
      break;
  }
  return std::string(to_string(step.activation));
}

std::string chain_of(const LayerConfig& config) {
  std::string chain = rule_word(config);
  for (const PostOp& step : config.post) chain += "+" + step_word(step);
  return chain;
}

std::string joined_name(const std::string& unit, const std::string& member) {
  const std::size_t first_end = unit.find('+');
  const std::string first = unit.substr(0, first_end);
  std::size_t common = 0;
  for (std::size_t i = 0; i < std::min(first.size(), member.size()) && first[i] == member[i]; ++i)
    if (first[i] == '/') common = i + 1;
  return unit + "+" + member.substr(common);
}

FusedNetwork apply_fusion(const Network& network, const FusionRules& rules) {
  FusedNetwork patterns = fuse_patterns(network, rules.patterns);
  if (rules.slices) patterns = join_slices(std::move(patterns));
  return Fusion(patterns.network, rules, patterns.groups).run();
}

}  // namespace neuralpower
