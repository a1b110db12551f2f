// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/stack.h"

#include <algorithm>
#include <map>
#include <optional>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/term.h"
#include "neuralpower/network/fusion_rules.h"

namespace neuralpower {
namespace {

class Reorders {
 public:
  Reorders(const Network& network, const std::vector<LayoutRule>& rules)
      : network_(network),
        rules_(rules),
        plain_(network.tensors.size(), true),
        blocked_(network.tensors.size(), false) {
    for (const Layer& layer : network.layers)  // written later: in neither layout yet
      for (const TensorId id : layer.outputs) plain_[index(id)] = false;
  }

  std::vector<Layer> run() {
    for (const Layer& layer : network_.layers) {
      const LayoutRule* rule = rule_for(layer);
      const bool reads_blocked = rule && rule->takes != "plain";
      for (const TensorId id : layer.inputs) provide(id, reads_blocked);
      for (const TensorId id : layer.outputs) (rule ? blocked_ : plain_)[index(id)] = true;
      layers_.push_back(layer);
    }
    for (const TensorId id : network_.outputs) provide(id, false);
    return std::move(layers_);
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }

  const LayoutRule* rule_for(const Layer& layer) {
    if (std::holds_alternative<UnsupportedOp>(layer.config.op)) return nullptr;
    const std::string key = model_key(layer.config);
    std::vector<double> features;
    for (const LayoutRule& rule : rules_) {
      if (key != rule.layers && !key.starts_with(rule.layers + ".")) continue;
      if (rule.takes == "same" && !all_blocked(layer)) continue;
      if (features.empty()) features = extract_features(layer.config);
      if (condition(rule, key).evaluate(features) > 0) return &rule;
    }
    return nullptr;
  }

  bool all_blocked(const Layer& layer) const {
    for (const TensorId id : layer.inputs)
      if (!blocked_[index(id)]) return false;
    return !layer.inputs.empty();
  }

  const Term& condition(const LayoutRule& rule, const std::string& key) {
    const auto place = std::make_pair(&rule, key);
    const auto found = conditions_.find(place);
    if (found != conditions_.end()) return found->second;
    return conditions_.emplace(place, Term::parse(rule.when, key)).first->second;
  }

  // Puts a reorder before the present layer if the tensor is not in the layout asked for.
  void provide(TensorId id, bool blocked) {
    std::vector<char>& there = blocked ? blocked_ : plain_;
    const Tensor& tensor = network_.tensors[index(id)];
    if (there[index(id)] || !(blocked ? plain_ : blocked_)[index(id)] || !tensor.shape_known ||
        tensor.shape.empty())
      return;
    there[index(id)] = true;
    Layer reorder;
    reorder.name = tensor.name + (blocked ? " to blocks" : " from blocks");
    reorder.source_op = "reorder";
    reorder.config = make_layer_config(DataMovement{MoveMode::kReorder, tensor.shape},
                                       {tensor.shape}, tensor.dtype);
    reorder.inputs = {id};  // the same tensor, in another order
    layers_.push_back(std::move(reorder));
  }

  const Network& network_;
  const std::vector<LayoutRule>& rules_;
  std::vector<char> plain_, blocked_;
  std::vector<Layer> layers_;
  std::map<std::pair<const LayoutRule*, std::string>, Term> conditions_;
};

bool runs_blocked(const LayerConfig& config, const std::vector<LayoutRule>& layout) {
  const std::string key = model_key(config);
  const std::vector<double> features = extract_features(config);
  return std::any_of(layout.begin(), layout.end(), [&](const LayoutRule& rule) {
    return rule.layers == key && Term::parse(rule.when, key).evaluate(features) > 0;
  });
}

}  // namespace

std::string variant_of(const LayerConfig& config, const std::vector<LayoutRule>& layout) {
  const auto* op = std::get_if<Convolution>(&config.op);
  if (!op) return "";
  const bool depthwise = op->groups > 1 && config.inputs[0][1] == op->groups;
  std::string variant = depthwise ? "depthwise" : op->groups > 1 ? "grouped" : "dense";
  if (!layout.empty() && !runs_blocked(config, layout)) variant += ", plain";
  return variant;
}

FusedNetwork run_as_stack(const Network& network, const DeviceModel& model) {
  // A list of layers, not a graph: they are units already.
  if (network.tensors.empty()) return {network, {}, {}};
  FusedNetwork result = model.fusion.empty()
                            ? FusedNetwork{network, {}, {}}
                            : apply_fusion(network, FusionRules::parse(model.fusion));
  if (!model.layout.empty()) {
    std::vector<Layer> layers = Reorders(result.network, model.layout).run();
    result.network.layers = std::move(layers);
  }
  return result;
}

}  // namespace neuralpower
