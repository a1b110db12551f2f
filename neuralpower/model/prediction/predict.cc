// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/stack.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

// Outside the layout that the stack has its kernels for.
bool runs_by_group(const LayerConfig& config, const std::string& variant) {
  const auto* op = std::get_if<Convolution>(&config.op);
  return op && op->groups > 1 && variant.ends_with("plain");
}

// Integers that count or point are handled as they come: their arithmetic is not what is measured.
bool is_computed_in(DataType type) {
  return type != DataType::kI16 && type != DataType::kI32 && type != DataType::kI64 &&
         type != DataType::kBool;
}

// Equal configurations have equal ones; == tells the others apart.
std::size_t rough_hash(const LayerConfig& config) {
  std::size_t hash = config.op.index() + 64 * config.post.size();
  const auto mix = [&](std::int64_t x) {
    hash = (hash ^ static_cast<std::size_t>(x)) * 0x9E3779B97F4A7C15ull;
  };
  for (const Shape& shape : config.inputs)
    for (const std::int64_t size : shape) mix(size);
  if (const auto* conv = std::get_if<Convolution>(&config.op)) {
    mix(conv->out_channels);
    mix(conv->kernel.h);
  }
  return hash;
}

template <typename Unit>
Estimate<Unit> nothing() {
  return {Unit(0), Unit(0), Unit(0)};
}

void make_free(LayerPrediction& layer, std::string reason) {
  layer.covered = true;
  layer.reason = std::move(reason);
  layer.runtime = nothing<Seconds>();
  layer.power = nothing<Watts>();
  layer.energy = nothing<Joules>();
}

}  // namespace

Predictor::Predictor(DeviceModel model) : model_(std::move(model)) {
  for (const auto* all : {&model_.layers, &model_.general})
    for (const auto& [key, models] : *all) formulas_.try_emplace(key, key, models);
}

const KeyFormulas* Predictor::formulas_of(std::string_view key) const {
  const auto found = formulas_.find(key);
  return found != formulas_.end() && found->second.runtime() ? &found->second : nullptr;
}

bool Predictor::was_trained_on(const LayerConfig& config) const {
  return std::binary_search(model_.trained_on.begin(), model_.trained_on.end(),
                            configuration_hash(format_layer(config)));
}

LayerPrediction Predictor::predict_layer(const LayerConfig& config) const {
  LayerPrediction layer;
  layer.config = config;
  if (const auto* unknown = std::get_if<UnsupportedOp>(&config.op)) {
    layer.reason =
        fmt::format("operation '{}' is not supported: {}", unknown->name, unknown->reason);
    return layer;
  }
  if (is_free(config)) {
    make_free(layer, "another view of the same bytes: no work");
    if (const Seconds view = model_.overhead.view; view > Seconds(0))
      layer.runtime = {view, view, view};
    return layer;
  }
  const std::string key = model_key(config);
  const KeyFormulas* formulas = formulas_of(key);
  if (!formulas) {
    if (std::holds_alternative<Dropout>(config.op)) {
      make_free(layer, "dropout does nothing at inference");
      return layer;
    }
    estimate(key, layer);
    return layer;
  }
  const KeyModels& models = model_.layers.at(key);
  const std::set<std::string>& measured = models.variants;
  const std::string variant = variant_of(config, model_.layout);
  const bool is_new = !measured.empty() && !measured.contains(variant);
  if (is_new && runs_by_group(config, variant) && estimate_by_group(key, variant, layer))
    return layer;
  layer.covered = true;
  std::vector<double> features(formulas->feature_count());
  extract_features(config, features);
  apply(*formulas, std::move(features), layer);
  if (is_new && layer.warnings.empty())
    layer.warnings.push_back(fmt::format("extrapolates: no {} ({}) was measured", key, variant));
  if (!models.knows(config.dtype) && is_computed_in(config.dtype))
    layer.warnings.push_back(fmt::format(
        "extrapolates: {} was not among the measured layers of {}; only its bytes count",
        to_string(config.dtype), key));
  return layer;
}

// Groups of a convolution that no kernel of the stack takes together run as one small product each,
// of a matrix of windows that is put together first: a transposing move of that size, two where
// strides leave no rows to copy whole.
bool Predictor::estimate_by_group(const std::string& key, const std::string& variant,
                                  LayerPrediction& layer) const {
  const auto& op = std::get<Convolution>(layer.config.op);
  const KeyFormulas* product = formulas_of("any.product");
  if (!product) return false;
  const Shape out = output_shape(layer.config);
  const std::int64_t moves = op.stride.w == 1 ? 1 : 2;
  const Shape windows{out[0], moves * layer.config.inputs[0][1] * op.kernel.h * op.kernel.w,
                      out.element_count_from(2)};
  const LayerPrediction copy =
      predict_layer(make_layer_config(DataMovement{MoveMode::kTranspose, windows}, {windows}));
  if (!copy.runtime) return false;
  apply(*product, extract_general_features(layer.config), layer);
  layer.runtime->value += copy.runtime->value;
  layer.runtime->low += copy.runtime->low;
  layer.runtime->high += copy.runtime->high;
  if (layer.power)
    layer.energy = {layer.power->value * layer.runtime->value,
                    layer.power->low * layer.runtime->low, layer.power->high * layer.runtime->high};
  layer.reason = fmt::format(
      "no {} ({}) was measured; estimated as a product of matrices for each group and copies of "
      "its windows",
      key, variant);
  return true;
}

// A recurrent layer reads its weights anew in every step: it is one product over all steps with the
// inputs' weights and one a step with the state's, each a fully connected layer.
bool Predictor::estimate_by_step(const std::string& key, LayerPrediction& layer) const {
  const auto* op = std::get_if<Recurrent>(&layer.config.op);
  if (!op) return false;
  const Shape& in = layer.config.inputs[0];
  const std::int64_t outputs =  // all gates of one direction
      count_work(layer.config).weights / (op->directions * (in[2] + op->hidden));
  const auto products = [&](std::int64_t rows, std::int64_t inputs) {
    return predict_layer(
        make_layer_config(FullyConnected{outputs}, {Shape{rows, inputs}}, layer.config.dtype));
  };
  const LayerPrediction step = products(in[0], op->hidden);
  const LayerPrediction all = products(in[0] * in[1], in[2]);
  if (!step.covered || !all.covered || !step.runtime || !all.runtime) return false;
  const auto steps = static_cast<double>(in[1]), directions = static_cast<double>(op->directions);
  const auto total = [&](const auto& one, const auto& first) {
    return std::remove_cvref_t<decltype(one)>{directions * (steps * one.value + first.value),
                                              directions * (steps * one.low + first.low),
                                              directions * (steps * one.high + first.high)};
  };
  layer.runtime = total(*step.runtime, *all.runtime);
  layer.power = step.power;
  if (step.energy && all.energy) layer.energy = total(*step.energy, *all.energy);
  layer.reason = fmt::format(
      "the device model has no samples of {}; estimated as fully connected layers, one a step",
      key);
  return true;
}

// What is known of all kinds, for a kind that was never measured.
void Predictor::estimate(const std::string& key, LayerPrediction& layer) const {
  if (estimate_by_step(key, layer)) return;
  layer.reason = fmt::format("the device model has no samples of {}", key);
  const std::string general = general_key(layer.config);
  const KeyFormulas* formulas = formulas_of(general);
  if (!formulas) return;
  apply(*formulas, extract_general_features(layer.config), layer);
  layer.reason = fmt::format(
      "the device model has no samples of {}; estimated from its {} as layers of other kinds", key,
      general == "any.product" ? "operations and bytes" : "bytes");
}

void Predictor::apply(const KeyFormulas& f, std::vector<double> features,
                      LayerPrediction& layer) const {
  const FormulaValue runtime = f.runtime_of(layer.config, features);
  if (runtime.value < 0)
    layer.warnings.push_back("negative: the published form does not bound itself outside its data");
  std::string warning = f.extrapolation(features);
  if (!warning.empty()) layer.warnings.push_back(std::move(warning));
  double watts = 0;
  if (f.power()) {
    append_runtime(features, runtime);
    watts = f.power()->evaluate(features);
  } else {
    layer.reason = model_.no_power.empty()
                       ? fmt::format("no power samples of {}", model_key(layer.config))
                       : model_.no_power;
  }
  f.put_estimates(milliseconds(runtime.value), Watts(watts), layer);
}

NetworkPrediction Predictor::predict(const Network& network) const {
  NetworkPrediction prediction;
  prediction.network = network.name;
  prediction.device = model_.device;
  prediction.method = model_.method;
  prediction.batch = network.batch;
  prediction.no_power = model_.no_power;
  const bool as_it_is = model_.fusion.empty() && model_.layout.empty();
  const FusedNetwork fused = as_it_is ? FusedNetwork{} : run_as_stack(network, model_);
  const std::vector<Layer>& layers = as_it_is ? network.layers : fused.network.layers;
  prediction.layers.reserve(layers.size());
  std::unordered_multimap<std::size_t, std::size_t> seen;  // networks repeat their layers
  const auto predicted = [&](const LayerConfig& config) {
    const std::size_t hash = rough_hash(config);
    const auto [first, last] = seen.equal_range(hash);
    for (auto it = first; it != last; ++it)
      if (prediction.layers[it->second].config == config) return prediction.layers[it->second];
    seen.emplace(hash, prediction.layers.size());
    return predict_layer(config);
  };
  for (const Layer& layer : layers) {
    LayerPrediction p = predicted(layer.config);
    p.name = layer.name;
    p.params = layer.params;
    p.source_op = layer.source_op;
    prediction.layers.push_back(std::move(p));
  }
  prediction.overhead = overhead(prediction.layers);
  add_up(prediction);
  return prediction;
}

Seconds Predictor::overhead(std::span<const LayerPrediction> layers) const {
  Seconds all{0};
  for (const LayerPrediction& layer : layers)
    if (!std::holds_alternative<Dropout>(layer.config.op)) all += model_.overhead.node;
  return all;
}

}  // namespace neuralpower
