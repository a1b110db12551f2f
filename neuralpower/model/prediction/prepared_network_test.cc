// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/prepared_network.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

template <typename Unit>
void expect_same(const std::optional<Estimate<Unit>>& a, const std::optional<Estimate<Unit>>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->value.value(), b->value.value());
  EXPECT_EQ(a->low.value(), b->low.value());
  EXPECT_EQ(a->high.value(), b->high.value());
}

// To the last bit.
void expect_same(const NetworkPrediction& a, const NetworkPrediction& b) {
  expect_same(a.runtime, b.runtime);
  expect_same(a.power, b.power);
  expect_same(a.energy, b.energy);
  EXPECT_EQ(a.overhead, b.overhead);
  EXPECT_EQ(a.coverage.covered, b.coverage.covered);
  EXPECT_EQ(a.coverage.share_of_macs, b.coverage.share_of_macs);
  EXPECT_EQ(a.slowest, b.slowest);
  EXPECT_EQ(a.most_energy, b.most_energy);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    SCOPED_TRACE(format_layer(b.layers[i].config));
    EXPECT_EQ(a.layers[i].name, b.layers[i].name);
    EXPECT_EQ(a.layers[i].config, b.layers[i].config);
    EXPECT_EQ(a.layers[i].warnings, b.layers[i].warnings);
    EXPECT_EQ(a.layers[i].reason, b.layers[i].reason);
    expect_same(a.layers[i].runtime, b.layers[i].runtime);
    expect_same(a.layers[i].power, b.layers[i].power);
    expect_same(a.layers[i].energy, b.layers[i].energy);
  }
}

const std::filesystem::path kSource = NEURALPOWER_SOURCE_DIR;

TEST(PreparedNetwork, SaysWhatPredictSaysOnEveryShippedDevice) {
  const Network network = import_network(kSource / "examples/networks/vgg16.layers");
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "devices")) {
    if (entry.path().extension() != ".json") continue;
    SCOPED_TRACE(entry.path().string());
    DeviceModel model = load_device_model(entry.path());
    model.overhead.node = microseconds(3);
    const auto predictor = std::make_shared<const Predictor>(std::move(model));
    PreparedNetwork prepared(predictor, network);
    const NetworkPrediction whole = predictor->predict(network);
    expect_same(prepared.predict(), whole);
    prepared.forget_values();
    expect_same(prepared.predict(), whole);
  }
}

TEST(PreparedNetwork, FollowsReplacedLayers) {
  Network network = import_network(kSource / "examples/networks/alexnet.layers");
  const auto predictor =
      std::make_shared<const Predictor>(load_device_model(kSource / "devices/xeon-gold-5120.json"));
  PreparedNetwork prepared(predictor, network);
  for (const char* text :
       {"conv batch=1 in=3x224x224 out=48 kernel=9 stride=4 pad=2", "dropout batch=1 in=4096",
        "view batch=1 in=512x7x7 to=1x25088", "unsupported op=NonMaxSuppression",
        "conv batch=1 in=64x56x56 out=64 kernel=3 pad=1"}) {
    network.layers[0].config = parse_layer(text);
    prepared.replace(0, network.layers[0].config);
    expect_same(prepared.predict(), predictor->predict(network));
  }
  EXPECT_THROW(prepared.replace(network.layers.size(), network.layers[0].config), Error);
}

}  // namespace
}  // namespace neuralpower
