// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DeviceModel convolutions() {
  LayerModel model;
  model.key = "conv";
  model.regimes.push_back({"always", 0.5, {{"macs", 1e-6}}, {}});
  DeviceModel device;
  device.device = "test";
  device.layers["conv"].runtime = model;
  return device;
}

TEST(Predictor, WarnsOfATypeThatWasNotMeasured) {
  const LayerConfig f32 = parse_layer("conv in=8x9x9 out=4 kernel=1");
  const LayerConfig f16 = parse_layer("conv in=8x9x9 out=4 kernel=1 dtype=f16");
  DeviceModel device = convolutions();
  EXPECT_THAT(Predictor(device).predict_layer(f32).warnings, IsEmpty());
  EXPECT_THAT(Predictor(device).predict_layer(f16).warnings,
              ElementsAre(HasSubstr("f16 was not among the measured layers of conv")));
  device.layers["conv"].data_types = {DataType::kF16};
  EXPECT_THAT(Predictor(device).predict_layer(f16).warnings, IsEmpty());
  EXPECT_THAT(Predictor(device).predict_layer(f32).warnings,
              ElementsAre(HasSubstr("f32 was not among")));
}

TEST(DeviceModel, RecordsDataTypes) {
  DeviceModel device = convolutions();
  EXPECT_TRUE(parse_device_model(to_json_text(device)).layers["conv"].data_types.empty());
  device.layers["conv"].data_types = {DataType::kF32, DataType::kBF16};
  const std::string text = to_json_text(device);
  EXPECT_EQ(parse_device_model(text).layers["conv"].data_types,
            (std::set{DataType::kF32, DataType::kBF16}));
  std::string wrong = text;
  wrong.replace(wrong.find("\"bf16\""), 6, "\"bf61\"");
  try {
    parse_device_model(wrong);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"bf61\" in data_types is no data type"));
  }
}

// Equal layers are predicted once; names and parameters stay their own.
TEST(Predictor, RepeatedLayersArePredictedAsTheFirst) {
  Network network;
  for (const char* text : {"conv in=8x9x9 out=4 kernel=1", "conv in=8x9x9 out=4 kernel=1 pad=1",
                           "conv in=8x9x9 out=4 kernel=1"}) {
    Layer layer;
    layer.config = parse_layer(text);
    layer.name = "layer" + std::to_string(network.layers.size());
    layer.params = static_cast<std::int64_t>(network.layers.size());
    network.layers.push_back(layer);
  }
  const Predictor predictor(convolutions());
  const NetworkPrediction all = predictor.predict(network);
  for (std::size_t i = 0; i < all.layers.size(); ++i) {
    EXPECT_EQ(all.layers[i].name, network.layers[i].name);
    EXPECT_EQ(all.layers[i].params, network.layers[i].params);
    EXPECT_EQ(all.layers[i].runtime->value.value(),
              predictor.predict_layer(network.layers[i].config).runtime->value.value());
  }
}

}  // namespace
}  // namespace neuralpower
