// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/from_networks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

double feature(const LayerConfig& layer, const char* term) {
  return Term::parse(term, model_key(layer)).evaluate(extract_features(layer));
}

// A device we made up: calls, operations and bytes; weights of fc cost three times their bytes.
double planted_ms(const LayerConfig& layer) {
  const double weights = model_key(layer) == "fc" ? feature(layer, "weight_bytes") : 0;
  return 0.01 + 1e-8 * feature(layer, "flops") + 1e-7 * (feature(layer, "bytes") + 2 * weights);
}
double planted_joules(const LayerConfig& layer) {
  return 20e-3 * planted_ms(layer) + 5e-10 * feature(layer, "flops");
}

Network random_network(int number, std::int64_t batch) {
  std::mt19937_64 random(static_cast<std::uint64_t>(number));
  const auto draw = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  Network network;
  network.name = fmt::format("net{}", number);
  network.batch = batch;
  const auto add = [&](const std::string& text) {
    Layer layer;
    layer.config = parse_layer(text);
    network.layers.push_back(layer);
  };
  int channels = 3, side = 8 * draw(4, 20);
  for (int i = draw(3, 12); i > 0; --i) {
    const int out = 16 * draw(1, 16), kernel = 2 * draw(0, 2) + 1;
    add(fmt::format("conv batch={} in={}x{}x{} out={} kernel={} pad={}", batch, channels, side,
                    side, out, kernel, kernel / 2));
    add(fmt::format("activation mode=relu batch={} in={}x{}x{}", batch, out, side, side));
    channels = out;
    if (side > 8 && draw(0, 1) == 1) side /= 2;
  }
  add(fmt::format("fc batch={} in={} out={}", batch, channels, 100 * draw(1, 40)));
  return network;
}

MeasuredNetwork measured(Network network, bool power = true) {
  MeasuredNetwork m;
  double joules = 0;
  for (const Layer& layer : network.layers) {
    m.runtime_ms += planted_ms(layer.config);
    joules += planted_joules(layer.config);
  }
  if (power) m.power_w = joules / (m.runtime_ms * 1e-3);
  m.network = std::move(network);
  return m;
}

TrainOptions options() {
  TrainOptions options;
  options.device = "made up";
  return options;
}

TEST(FromNetworksTest, TotalsGiveTheLayersOfNetworksNeverSeen) {
  std::vector<MeasuredNetwork> networks;
  for (int i = 1; i <= 24; ++i) networks.push_back(measured(random_network(i, 1 + i % 4)));
  const NetworkTraining training = train_on_networks(networks, {}, options());
  EXPECT_LT(training.held_out.networks.at("runtime").metrics.rmspe, 3);
  EXPECT_LT(training.held_out.networks.at("power").metrics.rmspe, 3);
  EXPECT_LT(training.held_out.networks.at("energy").metrics.rmspe, 4);
  const Predictor predictor(parse_device_model(to_json_text(training.model)));
  for (int i = 101; i <= 110; ++i) {
    const MeasuredNetwork truth = measured(random_network(i, 2));
    const NetworkPrediction p = predictor.predict(truth.network);
    EXPECT_TRUE(p.coverage.complete());
    EXPECT_NEAR(in_milliseconds(p.runtime->value), truth.runtime_ms, 0.05 * truth.runtime_ms);
    EXPECT_NEAR(p.power->value.value(), *truth.power_w, 0.05 * *truth.power_w);
    EXPECT_LT(p.runtime->low, p.runtime->value);
    EXPECT_GT(p.runtime->high, p.runtime->value);
  }
  // Layers too, though none was measured.
  const LayerConfig conv = parse_layer("conv batch=2 in=64x56x56 out=64 kernel=3 pad=1");
  EXPECT_NEAR(in_milliseconds(predictor.predict_layer(conv).runtime->value), planted_ms(conv),
              0.15 * planted_ms(conv));
}

TEST(FromNetworksTest, FiveNetworksGiveFewTerms) {
  std::vector<MeasuredNetwork> networks;
  for (int i = 1; i <= 5; ++i) networks.push_back(measured(random_network(i, 4), false));
  const NetworkTraining training = train_on_networks(networks, {}, options());
  for (const auto& [key, models] : training.model.layers) {
    EXPECT_LE(count_terms(*models.runtime), 4);
    for (const WeightedTerm& t : models.runtime->regimes[0].terms) EXPECT_GT(t.coefficient, 0);
    EXPECT_FALSE(models.power.has_value());
  }
  EXPECT_FALSE(training.model.no_power.empty());
  EXPECT_LT(training.held_out.networks.at("runtime").metrics.mape, 25);
}

// Where a kind has measured layers enough, they make its model and the totals its scale.
TEST(FromNetworksTest, LayersAndTotalsInOneFit) {
  std::vector<Sample> samples;
  for (int i = 1; i <= 12; ++i)
    for (const Layer& layer : random_network(200 + i, 1).layers)
      if (model_key(layer.config) == "conv") {
        Sample sample;
        sample.layer = layer.config;
        sample.runtime = milliseconds(planted_ms(layer.config));
        sample.power = Watts(planted_joules(layer.config) / (planted_ms(layer.config) * 1e-3));
        samples.push_back(sample);
      }
  ASSERT_GE(samples.size(), kOwnModelRows);
  std::vector<MeasuredNetwork> networks;
  for (int i = 1; i <= 12; ++i) {
    networks.push_back(measured(random_network(i, 1)));
    networks.back().runtime_ms *= 1.2;  // in a network everything takes a fifth longer
  }
  const NetworkTraining training = train_on_networks(networks, samples, options());
  EXPECT_LT(training.held_out.networks.at("runtime").metrics.rmspe, 8);
  EXPECT_EQ(training.model.layers.at("conv").runtime->report.rows,
            static_cast<int>(training.model.trained_on.size()));
  const Predictor predictor(training.model);
  const LayerConfig conv = samples.front().layer;
  EXPECT_NEAR(in_milliseconds(predictor.predict_layer(conv).runtime->value), 1.2 * planted_ms(conv),
              0.15 * planted_ms(conv));
}

TEST(FromNetworksTest, MatchesByNameAndBatch) {
  std::vector<NetworkSample> samples(4);
  const double ms[] = {3, 1, 2, 7};
  for (int i = 0; i < 4; ++i) {
    samples[i].network = "net1";
    samples[i].batch = i < 3 ? 1 : 8;
    samples[i].runtime = milliseconds(ms[i]);
    samples[i].energy = Joules(ms[i] * 1e-2);
  }
  const auto matched =
      match_networks(samples, {random_network(1, 8), random_network(1, 1), random_network(2, 1)});
  ASSERT_EQ(matched.size(), 2u);
  EXPECT_EQ(matched[0].network.batch, 1);
  EXPECT_EQ(matched[0].runtime_ms, 2);
  EXPECT_NEAR(*matched[0].power_w, 10, 1e-9);
  EXPECT_EQ(matched[1].network.batch, 8);
  EXPECT_THROW(match_networks(samples, {random_network(1, 1)}), Error);
  EXPECT_THROW(train_on_networks(matched, {}, options()), Error);
}

TEST(FromNetworksTest, ThreadsDoNotMatter) {
  std::vector<MeasuredNetwork> networks;
  for (int i = 1; i <= 8; ++i) networks.push_back(measured(random_network(i, 1)));
  TrainOptions two = options();
  two.threads = 2;
  EXPECT_EQ(to_json_text(train_on_networks(networks, {}, options()).model),
            to_json_text(train_on_networks(networks, {}, two).model));
}

}  // namespace
}  // namespace neuralpower
