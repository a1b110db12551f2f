// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/prediction_json.h"

#include <nlohmann/json.hpp>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

template <typename Unit>
Json to_json(const std::optional<Estimate<Unit>>& estimate, double scale) {
  if (!estimate) return nullptr;
  return {{"value", estimate->value.value() * scale},
          {"low", estimate->low.value() * scale},
          {"high", estimate->high.value() * scale}};
}

Json layer_name(const NetworkPrediction& p, int index) {
  return index < 0 ? Json(nullptr) : Json(p.layers[static_cast<std::size_t>(index)].name);
}

}  // namespace

Json prediction_json(const NetworkPrediction& p) {
  Json json;
  json["network"] = p.network;
  json["device"] = p.device;
  json["method"] = p.method;
  json["batch"] = p.batch;
  json["totals"] = {{"runtime_ms", to_json(p.runtime, 1e3)},
                    {"power_w", to_json(p.power, 1)},
                    {"energy_j", to_json(p.energy, 1)},
                    {"coverage",
                     {{"layers", p.coverage.layers},
                      {"covered", p.coverage.covered},
                      {"share_of_macs", p.coverage.share_of_macs}}},
                    {"bottleneck",
                     {{"runtime", layer_name(p, p.slowest)},
                      {"power", layer_name(p, p.hungriest)},
                      {"energy", layer_name(p, p.most_energy)}}}};
  if (p.overhead > Seconds(0)) json["totals"]["overhead_ms"] = in_milliseconds(p.overhead);
  if (!p.energy && !p.no_power.empty()) json["totals"]["no_power"] = p.no_power;
  json["layers"] = Json::array();
  json["unsupported"] = Json::array();
  for (const LayerPrediction& layer : p.layers) {
    const Work work = count_work(layer.config);
    Json row = {{"name", layer.name},
                {"kind", kind_of(layer.config.op)},
                {"op", layer.source_op},
                {"layer", format_layer(layer.config)},
                {"macs", work.macs},
                {"flops", work.flops},
                {"params", layer.params},
                {"bytes", work.bytes()},
                {"covered", layer.covered},
                {"reason", layer.reason},
                {"runtime_ms", to_json(layer.runtime, 1e3)},
                {"power_w", to_json(layer.power, 1)},
                {"energy_j", to_json(layer.energy, 1)},
                {"warnings", layer.warnings}};
    json["layers"].push_back(std::move(row));
    if (!layer.covered)
      json["unsupported"].push_back({{"name", layer.name}, {"reason", layer.reason}});
  }
  return json;
}

}  // namespace neuralpower
