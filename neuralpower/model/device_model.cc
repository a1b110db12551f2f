// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/device_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/network/fusion_rules.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "neuralpower-device-model";
constexpr int kVersion = 1;
constexpr std::size_t kLargestModel = std::size_t{8} << 20;

Json terms_to_json(const std::vector<WeightedTerm>& terms) {
  Json json = Json::object();
  for (const WeightedTerm& t : terms) json[t.term] = t.coefficient;
  return json;
}

Json bands_to_json(const std::vector<IntervalBand>& bands) {
  Json json = Json::array();
  for (const IntervalBand& band : bands) {
    const Json up_to = std::isfinite(band.up_to) ? Json(band.up_to) : Json(nullptr);
    json.push_back({up_to, band.low, band.high});
  }
  return json;
}

// What the value is made of, without what training says about it.
Json formula_to_json(const LayerModel& model) {
  Json json;
  json["regimes"] = Json::array();
  for (const Regime& regime : model.regimes) {
    Json r = {{"when", regime.when},
              {"intercept", regime.intercept},
              {"terms", terms_to_json(regime.terms)}};
    if (!regime.log_terms.empty() || regime.log_intercept != 0) {
      r["log_intercept"] = regime.log_intercept;
      r["log_terms"] = terms_to_json(regime.log_terms);
    }
    if (std::isfinite(regime.log_low) && std::isfinite(regime.log_high))
      r["log_range"] = {regime.log_low, regime.log_high};
    json["regimes"].push_back(std::move(r));
  }
  if (!model.floor.empty()) json["floor"] = terms_to_json(model.floor);
  if (model.minimum) json["minimum"] = *model.minimum;
  if (model.maximum) json["maximum"] = *model.maximum;
  return json;
}

Json to_json(const LayerModel& model) {
  Json json = formula_to_json(model);
  json["ranges"] = Json::object();
  for (const FeatureRange& range : model.ranges)
    json["ranges"][range.feature] = {range.low, range.high};
  json["interval"] = bands_to_json(model.interval);
  json["held_out"] = {{"rows", model.report.rows},
                      {"rmspe", model.report.rmspe},
                      {"rmse", model.report.rmse},
                      {"mape", model.report.mape},
                      {"within10", model.report.within10}};
  json["terms"] = count_terms(model);
  json["note"] = model.report.note;
  if (model.base) json["base"] = formula_to_json(*model.base);
  return json;
}

Json to_json(const std::map<std::string, KeyModels>& all) {
  Json json = Json::object();
  for (const auto& [key, models] : all) {
    Json& entry = json[key] = Json::object();
    if (models.runtime) entry["runtime"] = to_json(*models.runtime);
    if (models.power) entry["power"] = to_json(*models.power);
    if (!models.energy_interval.empty())
      entry["energy"]["interval"] = bands_to_json(models.energy_interval);
    if (!models.variants.empty()) entry["variants"] = models.variants;
    if (!models.data_types.empty() && models.data_types != std::set{DataType::kF32})
      for (const DataType type : models.data_types) entry["data_types"].push_back(to_string(type));
  }
  return json;
}

// Typed access that says what is wrong instead of throwing nlohmann's exceptions at the user.
const Json& member(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name))
    throw bad_input(fmt::format("'{}' is missing; is this a device model?", name));
  return json[name];
}

double number(const Json& json, const char* what) {
  if (!json.is_number()) throw bad_input(fmt::format("{} is not a number", what));
  const double value = json.get<double>();
  if (!std::isfinite(value)) throw bad_input(fmt::format("{} is not finite", what));
  return value;
}

int whole(const Json& json, const char* what) {
  const double value = number(json, what);
  if (!(value >= 0 && value <= 1e9) || value != std::floor(value))
    throw bad_input(fmt::format("{} is not a whole number", what));
  return static_cast<int>(value);
}

std::string text(const Json& json, const char* name, const char* fallback = nullptr) {
  if (fallback && !json.contains(name)) return fallback;
  const Json& value = member(json, name);
  if (!value.is_string()) throw bad_input(fmt::format("'{}' is not a text", name));
  return value.get<std::string>();
}

std::vector<WeightedTerm> terms_from_json(const Json& json) {
  if (!json.is_object()) throw bad_input("the terms are no object of names and numbers");
  std::vector<WeightedTerm> terms;
  for (const auto& [name, coefficient] : json.items())
    terms.push_back({name, number(coefficient, "a coefficient")});
  return terms;
}

std::vector<IntervalBand> bands_from_json(const Json& json) {
  std::vector<IntervalBand> bands;
  for (const Json& band : json) {
    if (!band.is_array() || band.size() != 3) throw bad_input("a band is not [up to, low, high]");
    const double up_to =
        band[0].is_null() ? std::numeric_limits<double>::infinity() : number(band[0], "a band");
    bands.push_back({up_to, number(band[1], "a band"), number(band[2], "a band")});
  }
  return bands;
}

LayerModel formula_from_json(const Json& json, const std::string& key, Target target) {
  LayerModel model;
  model.key = key;
  model.target = target;
  for (const Json& r : member(json, "regimes")) {
    Regime regime;
    regime.when = text(r, "when");
    regime.intercept = number(member(r, "intercept"), "an intercept");
    regime.terms = terms_from_json(member(r, "terms"));
    if (r.contains("log_terms")) regime.log_terms = terms_from_json(r["log_terms"]);
    if (r.contains("log_intercept"))
      regime.log_intercept = number(r["log_intercept"], "log_intercept");
    if (r.contains("log_range")) {
      const Json& range = r["log_range"];
      if (!range.is_array() || range.size() != 2) throw bad_input("a log_range is not [low, high]");
      regime.log_low = number(range[0], "a log_range");
      regime.log_high = number(range[1], "a log_range");
      if (regime.log_low > regime.log_high) throw bad_input("a log_range ends before it starts");
    }
    model.regimes.push_back(std::move(regime));
  }
  if (json.contains("floor")) model.floor = terms_from_json(json["floor"]);
  if (json.contains("minimum")) model.minimum = number(json["minimum"], "minimum");
  if (json.contains("maximum")) model.maximum = number(json["maximum"], "maximum");
  if (model.minimum && model.maximum && *model.minimum > *model.maximum)
    throw bad_input("minimum exceeds maximum");
  return model;
}

LayerModel layer_model_from_json(const Json& json, const std::string& key, Target target) {
  LayerModel model = formula_from_json(json, key, target);
  if (json.contains("base"))
    model.base = std::make_shared<const LayerModel>(formula_from_json(json["base"], key, target));
  if (json.contains("ranges"))
    for (const auto& [feature, range] : json["ranges"].items()) {
      if (!range.is_array() || range.size() != 2) throw bad_input("a range is not [low, high]");
      model.ranges.push_back({feature, number(range[0], "a range"), number(range[1], "a range")});
    }
  if (json.contains("interval")) model.interval = bands_from_json(json["interval"]);
  if (json.contains("held_out")) {
    const Json& h = json["held_out"];
    model.report.rows = whole(member(h, "rows"), "rows");
    model.report.rmspe = number(member(h, "rmspe"), "rmspe");
    model.report.rmse = number(member(h, "rmse"), "rmse");
    model.report.mape = number(member(h, "mape"), "mape");
    model.report.within10 = number(member(h, "within10"), "within10");
  }
  model.report.note = text(json, "note", "");
  model.report.terms = count_terms(model);
  LayerFormula check(model);  // every name must be known
  const auto known = feature_names(model.key);
  for (const FeatureRange& range : model.ranges)
    if (std::find(known.begin(), known.end(), range.feature) == known.end())
      throw bad_input(fmt::format("the range of '{}': no such feature", range.feature));
  return model;
}

std::map<std::string, KeyModels> key_models_from_json(const Json& json) {
  std::map<std::string, KeyModels> all;
  for (const auto& [key, entry] : json.items()) {
    try {
      KeyModels models;
      if (entry.contains("runtime"))
        models.runtime = layer_model_from_json(entry["runtime"], key, Target::kRuntime);
      if (entry.contains("power"))
        models.power = layer_model_from_json(entry["power"], key, Target::kPower);
      if (models.power && models.power->base && !(models.runtime && models.runtime->base))
        throw bad_input("power has a base but runtime has none; they are adapted together");
      if (entry.contains("energy"))
        models.energy_interval = bands_from_json(member(entry["energy"], "interval"));
      if (entry.contains("variants"))
        for (const Json& variant : entry["variants"])
          if (variant.is_string()) models.variants.insert(variant.get<std::string>());
      if (entry.contains("data_types"))
        for (const Json& name : entry["data_types"]) {
          const auto type = name.is_string() ? parse_data_type(name.get<std::string>())
                                             : std::optional<DataType>();
          if (!type) throw bad_input(fmt::format("{} in data_types is no data type", name.dump()));
          models.data_types.insert(*type);
        }
      all.emplace(key, std::move(models));
    } catch (Error& error) {
      error.in_node(key);
      throw;
    }
  }
  return all;
}

}  // namespace

std::string configuration_hash(std::string_view layer_text) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, 64 bits
  for (const char c : layer_text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

std::string to_json_text(const DeviceModel& model) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["device"] = model.device;
  json["software"] = model.software;
  json["method"] = model.method;
  json["units"] = {{"runtime", "ms"}, {"power", "W"}, {"energy", "J"}};
  json["samples"] = {{"configurations", model.configurations},
                     {"sha256", model.samples_sha256},
                     {"source", model.source},
                     {"seed", model.seed}};
  if (!model.no_power.empty()) json["no_power"] = model.no_power;
  if (!model.adapted_from.empty()) json["adapted_from"] = model.adapted_from;
  json["fusion"] = model.fusion;
  for (const LayoutRule& rule : model.layout)
    json["layout"].push_back({{"layers", rule.layers}, {"when", rule.when}, {"takes", rule.takes}});
  if (model.overhead.node > Seconds(0) || model.overhead.view > Seconds(0))
    json["overhead"] = {{"node_ms", in_milliseconds(model.overhead.node)},
                        {"view_ms", in_milliseconds(model.overhead.view)}};
  json["layers"] = to_json(model.layers);
  if (!model.general.empty()) json["general"] = to_json(model.general);
  json["trained_on"] = model.trained_on;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

DeviceModel parse_device_model(std::string_view json_text) {
  Json json;
  try {
    json = Json::parse(json_text);
  } catch (const Json::exception& error) {
    throw bad_input("not valid JSON: " + std::string(error.what()));
  }
  if (text(json, "format") != kFormat) throw bad_input("this JSON is no NeuralPower device model");
  const double version = number(member(json, "version"), "version");
  if (version != kVersion)
    throw bad_input(fmt::format(
        "device model version {} is not known; this program reads version {}", version, kVersion));
  DeviceModel model;
  model.device = text(json, "device");
  model.software = text(json, "software", "");
  model.method = text(json, "method");
  model.no_power = text(json, "no_power", "");
  model.adapted_from = text(json, "adapted_from", "");
  const Json& samples = member(json, "samples");
  model.configurations = whole(member(samples, "configurations"), "configurations");
  model.samples_sha256 = text(samples, "sha256", "");
  model.source = text(samples, "source", "");
  if (samples.contains("seed") && samples["seed"].is_number_unsigned())
    model.seed = samples["seed"].get<std::uint64_t>();
  if (json.contains("fusion"))
    for (const Json& rule : json["fusion"])
      if (rule.is_string()) model.fusion.push_back(rule.get<std::string>());
  FusionRules::parse(model.fusion);  // every rule must be known
  if (json.contains("layout"))
    for (const Json& rule : json["layout"])
      model.layout.push_back({text(rule, "layers"), text(rule, "when"), text(rule, "takes")});
  if (json.contains("overhead")) {
    const Json& overhead = json["overhead"];
    model.overhead.node = milliseconds(number(member(overhead, "node_ms"), "node_ms"));
    model.overhead.view = milliseconds(number(member(overhead, "view_ms"), "view_ms"));
  }
  model.layers = key_models_from_json(member(json, "layers"));
  if (json.contains("general")) model.general = key_models_from_json(json["general"]);
  if (json.contains("trained_on"))
    for (const Json& hash : json["trained_on"])
      if (hash.is_string()) model.trained_on.push_back(hash.get<std::string>());
  std::sort(model.trained_on.begin(), model.trained_on.end());
  return model;
}

DeviceModel load_device_model(const std::filesystem::path& file) {
  try {
    return parse_device_model(read_file(file, kLargestModel));
  } catch (Error& error) {
    error.in_file(file.string());
    throw;
  }
}

void save_device_model(const DeviceModel& model, const std::filesystem::path& file) {
  write_file_atomically(file, to_json_text(model));
}

}  // namespace neuralpower
