// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/training_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Sample> layers(int count) {
  std::vector<Sample> samples;
  for (int i = 1; i <= count; ++i) {
    Sample sample;
    sample.layer = parse_layer(fmt::format("fc batch={} in=64 out={}", i, 10 * i));
    sample.runtime = Seconds(1e-3 + 1e-6 * i * i);
    sample.power = Watts(20 + i);
    samples.push_back(sample);
  }
  return samples;
}

// A meter that fails for a few layers costs these rows of the power model, not the model.
TEST(TrainingData, PowerIsLearnedFromTheRowsThatHaveIt) {
  std::vector<Sample> samples = layers(12);
  samples[2].power.reset();
  samples[7].power.reset();
  const KeyData data = group_by_key(samples).at("fc");
  EXPECT_THAT(metered_rows(data), ElementsAre(0, 1, 3, 4, 5, 6, 8, 9, 10, 11));
  TrainOptions options;
  options.method = "macs";
  const DeviceModel model = train_device_model(samples, options);
  EXPECT_EQ(model.layers.at("fc").runtime->report.rows, 12);
  ASSERT_TRUE(model.layers.at("fc").power);
  EXPECT_EQ(model.layers.at("fc").power->report.rows, 10);
  EXPECT_EQ(model.no_power, "");
}

TEST(TrainingData, FewMeteredRowsMakeNoPowerModel) {
  std::vector<Sample> samples = layers(12);
  for (std::size_t i = 4; i < samples.size(); ++i) samples[i].power.reset();
  TrainOptions options;
  options.method = "macs";
  const DeviceModel model = train_device_model(samples, options);
  EXPECT_FALSE(model.layers.at("fc").power);
  EXPECT_THAT(model.no_power, HasSubstr("4 of 12"));
}

TEST(TrainingData, TooFewConfigurationsAreCounted) {
  std::vector<Sample> samples = layers(3);
  samples.push_back(samples.back());
  samples.back().layer = parse_layer("softmax batch=1 in=10");
  try {
    train_device_model(samples, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has 5 different configurations (fc 3, softmax 1)"));
  }
}

}  // namespace
}  // namespace neuralpower
