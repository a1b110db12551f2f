// SPDX-License-Identifier: Apache-2.0
// DeviceModel: everything NeuralPower has learned of one device and software stack; one JSON file.
//
// {
//   "format": "neuralpower-device-model", "version": 1,
//   "device": "...", "software": "...", "method": "neuralpower",
//   "units": {"runtime": "ms", "power": "W", "energy": "J"},
//   "samples": {"configurations": N, "sha256": "...", "source": "citation", "seed": 1},
//   "no_power": "why there is no power model" (absent if there is one),
//   "adapted_from": "other device" (absent if it was not),
//   "fusion": ["conv+(norm.batch)", "conv+relu", ...]    network/fusion_rules.h
//   "layout": [{"layers", "when", "takes"}...]  prediction/layout.h; absent if empty
//   "overhead": {"node_ms", "view_ms"}                   absent if not measured
//   "layers": {"conv": {"runtime": LAYER MODEL, "power": LAYER MODEL,
//              "energy": {"interval": [...]}, "variants": ["dense", "depthwise"],
//              "data_types": ["f16", "f32"]}, ...},         f32 alone if absent
//   "general": {"any.product": ..., "any.element": ...}  as in "layers", for layers of kinds that
//                                                        were never measured; absent if empty
//   "trained_on": ["hash", ...]          16 hex digits for each configuration
// }
// LAYER MODEL: {"regimes": [{"when", "intercept", "terms": {name: coefficient},
//     "log_intercept", "log_terms": {name: coefficient}, "log_range": [low, high]}],
//   "floor": {name: coefficient}, "minimum", "maximum", "ranges": {feature: [low, high]},
//   "interval": [[up_to, low, high]...], "held_out": {"rows", "rmspe", "rmse", "mape", "within10"},
//   "terms", "note",
//   "base": {"regimes", "floor", "minimum", "maximum"}}     the other device's formula, if adapted
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/model/layer_model.h"
#include "neuralpower/network/shape.h"

namespace neuralpower {

struct KeyModels {
  std::optional<LayerModel> runtime, power;
  std::vector<IntervalBand> energy_interval;  // of power x runtime, in J
  // Which variants of the kind were measured, where they need kernels of their own
  // (prediction/stack.h); empty: there are no variants.
  std::set<std::string> variants;
  // Data types of the measured layers; empty, as in older files: f32 alone.
  std::set<DataType> data_types;
  bool knows(DataType type) const {
    return data_types.empty() ? type == DataType::kF32 : data_types.contains(type);
  }
};

// Layers that a stack runs in a layout of its own.
struct LayoutRule {
  std::string layers;  // a kind, or kind and mode (features.h's model key)
  std::string when;    // a term that is above 0 where the rule holds
  std::string takes;   // "plain", "blocked", or "same": what its inputs have, if it is blocked
  bool operator==(const LayoutRule&) const = default;
};

// What a stack spends on a node beside its work, and on a node that has none.
struct Overhead {
  Seconds node{0}, view{0};
};

struct DeviceModel {
  std::string device, software, method;
  std::string source;        // where the samples come from: a citation, or "measured here"
  std::string no_power;      // why power and energy are absent, if they are
  std::string adapted_from;  // the device whose formulas these are based on; empty: none
  int configurations = 0;
  std::uint64_t seed = 1;
  std::string samples_sha256;
  std::vector<std::string> fusion;
  std::vector<LayoutRule> layout;
  Overhead overhead;
  std::map<std::string, KeyModels> layers;   // by model key
  std::map<std::string, KeyModels> general;  // by general_key
  std::vector<std::string> trained_on;       // configuration_hash of each configuration, sorted
};

// 16 hexadecimal digits that stand for a configuration's canonical text.
std::string configuration_hash(std::string_view layer_text);

std::string to_json_text(const DeviceModel& model);

// Error (bad input) naming what is missing or unknown; terms are checked on loading.
DeviceModel parse_device_model(std::string_view json);
DeviceModel load_device_model(const std::filesystem::path& file);

// Writes beside the file and renames, so that a full disk never leaves half a model.
void save_device_model(const DeviceModel& model, const std::filesystem::path& file);

}  // namespace neuralpower
