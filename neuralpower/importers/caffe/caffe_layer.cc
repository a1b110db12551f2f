// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/caffe_layer.h"

#include <algorithm>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// V1's names whose words, put together in capitals and small letters, are not V2's.
struct Renamed {
  std::string_view v1, v2;
};
constexpr Renamed kRenamed[] = {
    {"ABSVAL", "AbsVal"},
    {"ARGMAX", "ArgMax"},
    {"BNLL", "BNLL"},
    {"ELU", "ELU"},
    {"HDF5_DATA", "HDF5Data"},
    {"HDF5_OUTPUT", "HDF5Output"},
    {"IM2COL", "Im2col"},
    {"LRN", "LRN"},
    {"MVN", "MVN"},
    {"PRELU", "PReLU"},
    {"RELU", "ReLU"},
    {"SOFTMAX_LOSS", "SoftmaxWithLoss"},
    {"TANH", "TanH"},
};

// INNER_PRODUCT: InnerProduct.
std::string from_v1(const std::string& type) {
  for (const Renamed& row : kRenamed)
    if (row.v1 == type) return std::string(row.v2);
  if (std::any_of(type.begin(), type.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    return type;  // V2's name in V1's syntax
  std::string words;
  bool capital = true;
  for (char c : type) {
    if (c == '_') {
      capital = true;
      continue;
    }
    const bool upper = c >= 'A' && c <= 'Z';
    words += upper && !capital ? static_cast<char>(c - 'A' + 'a') : c;
    capital = false;
  }
  return words;
}

// Whether a rule holds in phase TEST, level 0, without stages.
bool holds(const TextMessage& rule) {
  const auto phase = rule.text("phase");
  if (phase && *phase != "TEST" && *phase != "1") return false;
  if (rule.whole("min_level").value_or(0) > 0 || rule.whole("max_level").value_or(0) < 0)
    return false;
  return rule.texts("stage").empty();
}

bool takes_part(const TextMessage& body) {
  bool has_include = false;
  for (const TextField& field : body.fields) {
    if (field.name != "include" && field.name != "exclude") continue;
    if (!field.message) throw bad_input("'" + field.name + "' is no message in braces");
    if (field.name == "exclude" && holds(*field.message)) return false;
    if (field.name != "include") continue;
    if (holds(*field.message)) return true;
    has_include = true;
  }
  return !has_include;
}

}  // namespace

const TextMessage& CaffeLayer::params(std::string_view params_name) const {
  static const TextMessage kNone;
  const TextMessage* found = body->message(params_name);
  return found == nullptr ? kNone : *found;
}

std::vector<CaffeLayer> caffe_layers(const TextMessage& net) {
  std::vector<CaffeLayer> layers;
  for (const TextField& field : net.fields) {
    const bool v1 = field.name == "layers";
    if (!v1 && field.name != "layer") continue;
    const std::string place = "layer in line " + std::to_string(field.line);
    try {
      if (!field.message) throw bad_input("a layer is a message in braces");
      CaffeLayer layer;
      layer.body = field.message.get();
      layer.name = layer.body->text("name").value_or("");
      if (v1 && layer.body->find("layer") != nullptr)
        throw bad_input("the syntax before V1; Caffe's upgrade_net_proto_text converts it");
      const auto type = layer.body->text("type");
      if (!type || type->empty()) throw bad_input("the layer has no type");
      layer.type = v1 ? from_v1(std::string(*type)) : std::string(*type);
      layer.bottoms = layer.body->texts("bottom");
      layer.tops = layer.body->texts("top");
      if (layer.name.empty()) layer.name = layer.type + std::to_string(layers.size() + 1);
      layer.takes_part = takes_part(*layer.body);
      layers.push_back(std::move(layer));
    } catch (Error& error) {
      error.in_node(place);
      throw;
    }
  }
  return layers;
}

}  // namespace neuralpower
