// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/general_models.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

Sample sample_of(const std::string& text, double ms) {
  Sample sample;
  sample.layer = parse_layer(text);
  sample.runtime = milliseconds(ms);
  return sample;
}

// Activations whose time is their bytes, and three norms, too few for a model of their own.
std::vector<Sample> few_norms() {
  std::vector<Sample> samples;
  for (int n = 1; n <= 12; ++n) {
    const int elements = 5000 * n;
    samples.push_back(sample_of("activation mode=relu batch=1 in=" + std::to_string(elements),
                                0.001 + 1e-6 * elements));
  }
  samples.push_back(sample_of("norm mode=layer batch=1 in=128x768", 0.4));
  samples.push_back(sample_of("norm mode=layer batch=1 in=128x768 post=add", 2.4));
  samples.push_back(sample_of("norm mode=layer batch=1 in=64x768 post=add", 1.2));
  return samples;
}

TEST(GeneralModels, ScaleFewRowsWithASumAndWithoutApart) {
  TrainOptions options;
  options.device = "test";
  const Predictor predictor(train_device_model(few_norms(), options));
  const auto ms = [&](const char* text) {
    return predictor.predict_layer(parse_layer(text)).runtime->value.value() * 1e3;
  };
  EXPECT_NEAR(ms("norm mode=layer batch=1 in=128x768"), 0.4, 0.02);
  EXPECT_NEAR(ms("norm mode=layer batch=1 in=128x768 post=add"), 2.4, 0.4);
  EXPECT_GT(ms("norm mode=layer batch=1 in=256x768 post=add"),
            4 * ms("norm mode=layer batch=1 in=256x768"));
}

// Every step reads the weights of the state again: many times the bytes that the layer has.
TEST(GeneralModels, RecurrentLayersAreFullyConnectedOnesInSteps) {
  std::vector<Sample> samples;
  for (int i = 0; i < 40; ++i) {
    const int inputs = 64 + 32 * i, outputs = 64 + 48 * (i * 7 % 40);
    samples.push_back(
        sample_of("fc batch=1 in=" + std::to_string(inputs) + " out=" + std::to_string(outputs),
                  0.002 + 1e-7 * inputs * outputs));
  }
  TrainOptions options;
  options.device = "test";
  const Predictor predictor(train_device_model(samples, options));
  const auto ms = [&](const std::string& text) {
    return predictor.predict_layer(parse_layer(text)).runtime->value.value() * 1e3;
  };
  const LayerPrediction lstm =
      predictor.predict_layer(parse_layer("recurrent mode=lstm batch=1 in=32x256 hidden=256"));
  EXPECT_FALSE(lstm.covered);
  EXPECT_NEAR(lstm.runtime->value.value() * 1e3,
              32 * ms("fc batch=1 in=256 out=1024") + ms("fc batch=32 in=256 out=1024"), 1e-9);
}

}  // namespace
}  // namespace neuralpower
