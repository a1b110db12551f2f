// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/prediction_json.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "neuralpower/report/layer_json.h"

namespace neuralpower {
namespace {

template <typename Unit>
void write_estimate(JsonWriter& json, std::string_view name,
                    const std::optional<Estimate<Unit>>& estimate, double scale) {
  json.key(name);
  if (!estimate) {
    json.null();
    return;
  }
  json.begin_object()
      .member("value", estimate->value.value() * scale)
      .member("low", estimate->low.value() * scale)
      .member("high", estimate->high.value() * scale)
      .end();
}

void write_layer_name(JsonWriter& json, std::string_view what, const NetworkPrediction& p,
                      int index) {
  json.key(what);
  if (index < 0)
    json.null();
  else
    json.value(p.layers[static_cast<std::size_t>(index)].name);
}

void write_totals(JsonWriter& json, const NetworkPrediction& p) {
  json.begin_object();
  write_estimate(json, "runtime_ms", p.runtime, 1e3);
  write_estimate(json, "power_w", p.power, 1);
  write_estimate(json, "energy_j", p.energy, 1);
  json.key("coverage")
      .begin_object()
      .member("layers", p.coverage.layers)
      .member("covered", p.coverage.covered)
      .member("share_of_macs", p.coverage.share_of_macs)
      .end();
  json.key("bottleneck").begin_object();
  write_layer_name(json, "runtime", p, p.slowest);
  write_layer_name(json, "power", p, p.hungriest);
  write_layer_name(json, "energy", p, p.most_energy);
  json.end();
  if (p.overhead > Seconds(0)) json.member("overhead_ms", in_milliseconds(p.overhead));
  if (!p.energy && !p.no_power.empty()) json.member("no_power", p.no_power);
  json.end();
}

void write_layer(JsonWriter& json, const LayerPrediction& layer) {
  json.begin_object();
  write_layer_identity(json, layer.name, layer.source_op, layer.config);
  write_layer_work(json, layer.config, layer.params);
  json.member("covered", layer.covered).member("reason", layer.reason);
  write_estimate(json, "runtime_ms", layer.runtime, 1e3);
  write_estimate(json, "power_w", layer.power, 1);
  write_estimate(json, "energy_j", layer.energy, 1);
  json.member("warnings", layer.warnings).end();
}

}  // namespace

void write_prediction(JsonWriter& json, const NetworkPrediction& p) {
  json.begin_object()
      .member("network", p.network)
      .member("device", p.device)
      .member("method", p.method)
      .member("batch", p.batch)
      .key("totals");
  write_totals(json, p);
  json.key("layers").begin_array();
  for (const LayerPrediction& layer : p.layers) write_layer(json, layer);
  json.end().key("unsupported").begin_array();
  for (const LayerPrediction& layer : p.layers)
    if (!layer.covered)
      json.begin_object().member("name", layer.name).member("reason", layer.reason).end();
  json.end().end();
}

nlohmann::ordered_json prediction_json(const NetworkPrediction& prediction) {
  std::ostringstream text;
  JsonWriter json(text);
  write_prediction(json, prediction);
  return nlohmann::ordered_json::parse(text.str());
}

}  // namespace neuralpower
