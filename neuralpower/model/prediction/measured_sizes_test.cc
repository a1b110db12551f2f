// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/measured_sizes.h"

#include <gtest/gtest.h>

#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/batch_predict.h"
#include "neuralpower/model/prediction/explain.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

// Of a stack that was seen to be five times as fast from 300 outputs on, and whose correction
// takes batches for large images.
LayerModel falling() {
  LayerModel model;
  model.key = "conv";
  Regime regime;
  regime.when = "always";
  regime.terms = {{"macs", 1e-6}, {"1", 0.01}};
  regime.log_terms = {{"[Co>300]", -1.6}, {"[N*Ho*Wo>400]", -1}};
  model.regimes = {regime};
  model.ranges = {{"N", 1, 1},    {"Ci", 1, 64}, {"Co", 1, 256},
                  {"Hi", 7, 224}, {"kh", 1, 3},  {"kw", 1, 3}};
  return model;
}

double ms(const LayerModel& model, const std::string& text) {
  const LayerConfig config = parse_layer(text);
  const LayerFormula formula(model);
  const MeasuredSizes sizes(model);
  const std::vector<double> features = extract_features(config);
  EXPECT_FALSE(sizes.contain(features)) << text;
  return evaluate_beyond(formula, sizes, config, features).value;
}

double formula_ms(const LayerModel& model, const std::string& text) {
  return LayerFormula(model).evaluate(extract_features(parse_layer(text)));
}

TEST(MeasuredSizes, ALargerLayerTakesNoLessThanTheNearestMeasured) {
  const LayerModel model = falling();
  const double edge = formula_ms(model, "conv in=64x14x14 out=256 kernel=3 pad=1");
  EXPECT_LT(formula_ms(model, "conv in=64x14x14 out=512 kernel=3 pad=1"), edge);
  EXPECT_EQ(ms(model, "conv in=64x14x14 out=512 kernel=3 pad=1"), edge);
  // Far enough out the formula is above it.
  const std::string far = "conv in=64x14x14 out=4096 kernel=3 pad=1";
  EXPECT_EQ(ms(model, far), formula_ms(model, far));
}

TEST(MeasuredSizes, OneMeasuredBatchSpeaksForAll) {
  const LayerModel model = falling();
  const auto batch = [](int n) {
    return "conv batch=" + std::to_string(n) + " in=64x14x14 out=64 kernel=3 pad=1";
  };
  const double one = formula_ms(model, batch(1));
  EXPECT_LT(formula_ms(model, batch(3)), formula_ms(model, batch(2)));
  double before = one;
  for (const int n : {2, 3, 8, 100}) {
    const double now = ms(model, batch(n));
    EXPECT_GT(now, before) << n;
    EXPECT_NEAR(now, one * n, 0.01 * n);  // but for the constant
    before = now;
  }
}

TEST(MeasuredSizes, BringKernelPixelsAndChannelsDownTogether) {
  const MeasuredSizes sizes(falling());
  const auto nearest =
      sizes.nearest(parse_layer("conv batch=4 in=99x500x10 out=64 kernel=7 pad=3"));
  ASSERT_TRUE(nearest);
  EXPECT_EQ(format_layer(*nearest),
            format_layer(parse_layer("conv in=64x224x10 out=64 kernel=3 pad=1")));
  EXPECT_FALSE(sizes.nearest(parse_layer("conv in=64x7x7 out=64 kernel=3 pad=1")));
  // Groups go on dividing the channels.
  EXPECT_FALSE(sizes.nearest(parse_layer("conv in=128x7x7 out=128 kernel=3 pad=1 groups=128")));
}

TEST(MeasuredSizes, WithoutCorrectionTheFormulaIsLeftAlone) {
  LayerModel model = falling();
  model.regimes[0].log_terms.clear();
  const MeasuredSizes sizes(model);
  EXPECT_TRUE(sizes.contain(extract_features(parse_layer("conv in=999x7x7 out=9 kernel=3 pad=1"))));
}

TEST(MeasuredSizes, PredictorBatchAndExplanationAgree) {
  DeviceModel device;
  device.device = "test";
  device.layers["conv"].runtime = falling();
  const Predictor predictor(device);
  BatchPredictor batch(device);
  for (const char* text :
       {"conv in=64x14x14 out=512 kernel=3 pad=1", "conv batch=8 in=64x14x14 out=64 kernel=3 pad=1",
        "conv in=64x14x14 out=64 kernel=3 pad=1"}) {
    const LayerConfig config = parse_layer(text);
    const double s = predictor.predict_layer(config).runtime->value.value();
    const auto id = batch.add(config);
    batch.evaluate();
    EXPECT_EQ(batch.runtime()[id], s) << text;
    const Explanation why = explain(predictor, config);
    EXPECT_EQ(milliseconds(why.runtime->value).value(), s) << text;
    const bool beyond = config.batch() > 1 || extract_features(config)[4] > 256;
    EXPECT_EQ(why.runtime->bound, beyond ? "the largest sizes measured" : "") << text;
  }
}

}  // namespace
}  // namespace neuralpower
