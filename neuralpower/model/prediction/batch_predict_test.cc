// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/batch_predict.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

LayerModel model_of(std::string key, Target target, std::vector<Regime> regimes) {
  LayerModel model;
  model.key = std::move(key);
  model.target = target;
  model.regimes = std::move(regimes);
  return model;
}

// Every feature of a formula: regimes, a correction with steps and ramps, a floor, clamps,
// logarithms, odd exponents, long products, and a power that follows the runtime.
DeviceModel many_sided_device() {
  DeviceModel device;
  device.device = "test";
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> weight(-1e-6, 3e-6);
  Regime small;
  small.when = "kh<=1";
  small.intercept = 0.05;
  for (const std::string& term : published_terms("conv", Target::kRuntime, 3))
    small.terms.push_back({term, weight(random)});
  Regime large;
  large.when = "always";
  large.intercept = 0.1;
  large.terms = {{"macs", 1e-7}, {"up(Co,16)*Ho*Wo", 1e-6}};
  large.log_terms = {{"[Ci<=16]", -0.2},
                     {"ramp(ln(macs),10,20)", 0.7},
                     {"[N>=4]*ramp(Ci%4,0,3)*[Co>32]*[Hi!=7]*log2(Ho)", 0.03},
                     {"intensity^0.5", 0.001}};
  large.log_intercept = 0.02;
  large.log_low = -1;
  large.log_high = 1;
  LayerModel runtime = model_of("conv", Target::kRuntime, {small, large});
  runtime.floor = {{"bytes", 1e-9}};
  runtime.minimum = 0.105;
  device.layers["conv"].runtime = runtime;
  Regime power;
  power.when = "always";
  power.intercept = 60;
  for (const std::string& term : published_terms("conv", Target::kPower, 2))
    power.terms.push_back({term, weight(random)});
  power.terms.push_back({"macs/time", 1e-9});
  power.terms.push_back({"cost/time", 0.5});
  LayerModel watts = model_of("conv", Target::kPower, {power});
  watts.maximum = 250;
  device.layers["conv"].power = watts;
  Regime power_free;
  power_free.when = "always";
  power_free.terms = {{"macs", 2e-6}};
  device.layers["fc"].runtime = model_of("fc", Target::kRuntime, {power_free});
  return device;
}

std::vector<LayerConfig> many_layers(int count) {
  std::mt19937_64 random(11);
  const auto pick = [&](std::initializer_list<int> values) {
    return *(values.begin() + random() % values.size());
  };
  std::vector<LayerConfig> layers;
  for (int i = 0; i < count; ++i) {
    const int kernel = pick({1, 3, 5});
    layers.push_back(parse_layer(
        "conv batch=" + std::to_string(pick({1, 2, 8})) +
        " in=" + std::to_string(pick({3, 16, 40})) + "x" + std::to_string(pick({7, 14, 28, 31})) +
        "x" + std::to_string(pick({7, 14, 28})) + " out=" + std::to_string(1 + random() % 300) +
        " kernel=" + std::to_string(kernel) + " pad=" + std::to_string(kernel / 2)));
  }
  for (const char* text :
       {"fc batch=2 in=100 out=10", "view batch=1 in=512x7x7 to=1x25088", "dropout batch=8 in=4096",
        "softmax batch=8 in=10", "unsupported op=NonMaxSuppression"})
    layers.push_back(parse_layer(text));
  return layers;
}

TEST(BatchPredictor, HasTheBitsOfPredictLayer) {
  const Predictor predictor(many_sided_device());
  BatchPredictor batch(predictor.model());
  const std::vector<LayerConfig> layers = many_layers(1003);
  std::vector<BatchPredictor::LayerId> ids;
  for (const LayerConfig& layer : layers) ids.push_back(batch.add(layer));
  batch.evaluate(2);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerPrediction one = predictor.predict_layer(layers[i]);
    ASSERT_EQ(batch.covered(ids[i]), one.covered) << format_layer(layers[i]);
    if (!one.runtime) continue;
    ASSERT_EQ(batch.runtime()[ids[i]], one.runtime->value.value()) << format_layer(layers[i]);
    ASSERT_EQ(batch.has_energy(ids[i]), one.energy.has_value()) << format_layer(layers[i]);
    if (!one.energy) continue;
    ASSERT_EQ(batch.power()[ids[i]], one.power->value.value()) << format_layer(layers[i]);
    ASSERT_EQ(batch.energy()[ids[i]], one.energy->value.value()) << format_layer(layers[i]);
  }
}

// A stack that estimates: general models, node and view overhead, and convolutions of which only
// the dense, blocked ones were measured.
DeviceModel estimating_device() {
  DeviceModel device = many_sided_device();
  device.overhead.node = milliseconds(0.004);
  device.overhead.view = milliseconds(0.003);
  device.layout = {{"conv", "[groups==1]", "blocked"}};
  device.layers["conv"].variants = {"dense"};
  for (const char* key : {"any.product", "any.element"}) {
    Regime regime;
    regime.when = "always";
    regime.intercept = 0.01;
    regime.terms = {{"flops", 1e-7}, {"in_bytes", 3e-8}};
    device.general[key].runtime = model_of(key, Target::kRuntime, {regime});
    Regime watts;
    watts.when = "always";
    watts.intercept = 33;
    device.general[key].power = model_of(key, Target::kPower, {watts});
  }
  return device;
}

TEST(BatchPredictor, EstimatesWhatWasNeverMeasuredAsPredictDoes) {
  const Predictor predictor(estimating_device());
  BatchPredictor batch(predictor.model());
  std::vector<BatchPredictor::LayerId> ids;
  Network network;
  for (const char* text :
       {"conv batch=1 in=64x14x14 out=64 kernel=3 pad=1",
        "conv batch=1 in=64x14x14 out=64 kernel=3 pad=1 groups=4",
        "conv batch=1 in=64x14x14 out=64 kernel=3 pad=1 groups=64", "softmax batch=8 in=10",
        "matmul batch=12 m=49 k=32 n=49", "norm mode=layer batch=1 in=49x96 post=add",
        "attention batch=1 heads=8 queries=64 width=32",
        "move mode=transpose batch=1 in=8x9 to=1x9x8", "dropout batch=8 in=4096",
        "view batch=1 in=512x7x7 to=1x25088", "unsupported op=NonMaxSuppression"}) {
    Layer layer;
    layer.config = parse_layer(text);
    network.layers.push_back(layer);
    ids.push_back(batch.add(layer.config));
    EXPECT_EQ(batch.add(layer.config), ids.back()) << text;
  }
  batch.evaluate();
  int estimated = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const LayerPrediction one = predictor.predict_layer(network.layers[i].config);
    SCOPED_TRACE(format_layer(network.layers[i].config));
    EXPECT_EQ(batch.covered(ids[i]), one.covered);
    ASSERT_EQ(batch.has_runtime(ids[i]), one.runtime.has_value());
    ASSERT_EQ(batch.has_energy(ids[i]), one.energy.has_value());
    EXPECT_EQ(batch.runtime()[ids[i]], one.runtime ? one.runtime->value.value() : 0);
    EXPECT_EQ(batch.power()[ids[i]], one.power ? one.power->value.value() : 0);
    EXPECT_EQ(batch.energy()[ids[i]], one.energy ? one.energy->value.value() : 0);
    estimated += one.runtime && !one.covered;
  }
  EXPECT_EQ(estimated, 7);
  NetworkPrediction whole;
  whole.layers.resize(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    whole.layers[i] = predictor.predict_layer(network.layers[i].config);
    if (!std::holds_alternative<Dropout>(network.layers[i].config.op))
      whole.overhead += predictor.model().overhead.node;
  }
  add_up(whole);
  const BatchPredictor::Totals totals = batch.total(ids);
  EXPECT_NEAR(totals.runtime_s, whole.runtime->value.value(), 1e-12 * totals.runtime_s);
  EXPECT_NEAR(totals.energy_j, whole.energy->value.value(), 1e-12 * totals.energy_j);
  EXPECT_FALSE(totals.complete);
  EXPECT_TRUE(totals.energy_known);
}

std::string random_layer(const std::string& kind, std::mt19937_64& random) {
  const auto pick = [&](int low, int high) {
    return std::to_string(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  };
  const std::string batch = " batch=" + pick(1, 64);
  const std::string in = " in=" + pick(1, 512) + "x" + pick(11, 64) + "x" + pick(11, 64);
  const std::string window = " kernel=" + pick(1, 11) + " stride=" + pick(1, 3);
  if (kind == "conv")
    return "conv" + batch + in + " out=" + pick(1, 700) + window + " pad=" + pick(0, 3);
  if (kind == "pool") return "pool mode=max" + batch + in + window;
  if (kind == "fc") return "fc" + batch + " in=" + pick(1, 9000) + " out=" + pick(1, 5000);
  if (kind == "softmax") return "softmax" + batch + " in=" + pick(2, 5000);
  return "activation mode=" + kind + batch + in;
}

TEST(BatchPredictor, HasTheBitsOfPredictLayerOnEveryShippedDevice) {
  int devices = 0, compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NEURALPOWER_SOURCE_DIR "/devices")) {
    if (entry.path().extension() != ".json") continue;
    ++devices;
    const Predictor predictor(load_device_model(entry.path()));
    BatchPredictor batch(predictor.model());
    std::mt19937_64 random(7);
    std::vector<LayerConfig> layers;
    std::vector<BatchPredictor::LayerId> ids;
    for (const char* kind : {"conv", "pool", "fc", "softmax", "relu", "tanh", "sigmoid"})
      for (int i = 0; i < 700; ++i) {
        layers.push_back(parse_layer(random_layer(kind, random)));
        ids.push_back(batch.add(layers.back()));
      }
    batch.evaluate();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerPrediction one = predictor.predict_layer(layers[i]);
      ASSERT_EQ(batch.covered(ids[i]), one.covered) << format_layer(layers[i]);
      if (!one.runtime) continue;
      ++compared;
      ASSERT_EQ(batch.runtime()[ids[i]], one.runtime->value.value()) << format_layer(layers[i]);
      ASSERT_EQ(batch.has_energy(ids[i]), one.energy.has_value()) << format_layer(layers[i]);
      const double energy = one.energy ? one.energy->value.value() : 0;
      ASSERT_EQ(batch.energy()[ids[i]], energy) << format_layer(layers[i]);
    }
  }
  EXPECT_GE(devices, 4);
  EXPECT_GE(compared, 4 * 700);
}

TEST(BatchPredictor, EqualLayersShareAnId) {
  BatchPredictor batch(many_sided_device());
  const std::vector<LayerConfig> layers = many_layers(100);
  std::vector<BatchPredictor::LayerId> first, second;
  for (const LayerConfig& layer : layers) first.push_back(batch.add(layer));
  batch.evaluate();
  const std::size_t count = batch.layer_count();
  for (const LayerConfig& layer : layers) second.push_back(batch.add(layer));
  EXPECT_EQ(first, second);
  EXPECT_EQ(batch.layer_count(), count);
}

TEST(BatchPredictor, LayersAddedLaterGetTheSameValues) {
  const std::vector<LayerConfig> layers = many_layers(200);
  BatchPredictor at_once(many_sided_device()), step_by_step(many_sided_device());
  for (const LayerConfig& layer : layers) {
    at_once.add(layer);
    step_by_step.add(layer);
    if (step_by_step.layer_count() % 7 == 0) step_by_step.evaluate();
  }
  at_once.evaluate();
  step_by_step.evaluate();
  for (std::size_t i = 0; i < at_once.layer_count(); ++i)
    ASSERT_EQ(at_once.energy()[i], step_by_step.energy()[i]);
}

TEST(BatchPredictor, TotalsAreThoseOfANetwork) {
  const Predictor predictor(many_sided_device());
  BatchPredictor batch(predictor.model());
  Network network;
  std::vector<BatchPredictor::LayerId> ids;
  for (const LayerConfig& config : many_layers(40)) {
    if (std::holds_alternative<FullyConnected>(config.op)) continue;  // has no power here
    Layer layer;
    layer.config = config;
    network.layers.push_back(layer);
    ids.push_back(batch.add(config));
  }
  batch.evaluate();
  const NetworkPrediction whole = predictor.predict(network);
  const BatchPredictor::Totals totals = batch.total(ids);
  EXPECT_EQ(totals.runtime_s, whole.runtime->value.value());
  EXPECT_EQ(totals.energy_j, whole.energy->value.value());
  EXPECT_FALSE(totals.complete);
  EXPECT_TRUE(totals.energy_known);
}

}  // namespace
}  // namespace neuralpower
