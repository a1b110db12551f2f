// SPDX-License-Identifier: Apache-2.0
// Training on few rows with another device's model as the base.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/batch_predict.h"
#include "neuralpower/model/prediction/explain.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/regression/error_metrics.h"

namespace neuralpower {
namespace {

double feature(const LayerConfig& layer, const char* term) {
  return Term::parse(term, model_key(layer)).evaluate(extract_features(layer));
}

// A made-up device whose library is slow in some boxes that no sum can express.
double old_ms(const LayerConfig& layer) {
  const double sum = 0.05 + 2e-9 * feature(layer, "macs") + 1e-8 * feature(layer, "in_bytes");
  return sum * (feature(layer, "Ci") > 100 ? 2 : 1) * (feature(layer, "kh") == 3 ? 0.5 : 1);
}
double old_watts(const LayerConfig& layer) {
  const double rate = feature(layer, "macs") / old_ms(layer) * 1e-9;
  return 20 + 60 * rate / (rate + 0.2);
}
// Its successor: the same library, three times as fast, calls as slow as ever; half the power.
double new_ms(const LayerConfig& layer) { return 0.05 + old_ms(layer) / 3; }
double new_watts(const LayerConfig& layer) { return 5 + old_watts(layer) / 2; }

using Truth = double (*)(const LayerConfig&);

std::vector<Sample> samples(std::size_t count, std::uint64_t seed, Truth ms, Truth watts) {
  std::mt19937_64 random(seed);
  const auto draw = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  std::vector<Sample> all;
  while (all.size() < count) {
    const int kernel = 2 * draw(0, 2) + 1, side = draw(7, 56);
    Sample sample;
    sample.layer = parse_layer(
        fmt::format("conv batch={} in={}x{}x{} out={} kernel={} stride={} pad={}", draw(1, 32),
                    16 * draw(1, 16), side, side, draw(8, 256), kernel, draw(1, 2), kernel / 2));
    sample.runtime = milliseconds(ms(sample.layer));
    sample.power = Watts(watts(sample.layer));
    all.push_back(std::move(sample));
  }
  return all;
}

std::shared_ptr<const DeviceModel> old_device() {
  TrainOptions options;
  options.device = "old";
  return std::make_shared<const DeviceModel>(
      train_device_model(samples(600, 1, old_ms, old_watts), options));
}

DeviceModel new_device(std::size_t rows, std::shared_ptr<const DeviceModel> from) {
  TrainOptions options;
  options.device = "new";
  options.from = std::move(from);
  return train_device_model(samples(rows, 2, new_ms, new_watts), options);
}

struct Errors {
  double runtime = 0, power = 0;
};
Errors errors_of(const Predictor& predictor) {
  std::vector<double> ms, watts, ms_truth, watts_truth;
  for (const Sample& sample : samples(200, 3, new_ms, new_watts)) {
    const LayerPrediction p = predictor.predict_layer(sample.layer);
    ms.push_back(in_milliseconds(p.runtime->value));
    watts.push_back(p.power->value.value());
    ms_truth.push_back(in_milliseconds(sample.runtime));
    watts_truth.push_back(sample.power->value());
  }
  return {error_metrics(ms_truth, ms).rmspe, error_metrics(watts_truth, watts).rmspe};
}

TEST(AdaptTest, FewRowsOfADeviceMuchLikeAnother) {
  const auto old = old_device();
  for (const std::size_t rows : {10, 30, 100}) {
    SCOPED_TRACE(rows);
    const Errors scratch = errors_of(Predictor(new_device(rows, nullptr)));
    const Errors adapted = errors_of(Predictor(new_device(rows, old)));
    EXPECT_LT(adapted.runtime, 0.6 * scratch.runtime);
    EXPECT_LT(adapted.power, scratch.power);
  }
}

TEST(AdaptTest, TheFileCarriesTheBase) {
  const DeviceModel model = new_device(30, old_device());
  EXPECT_EQ(model.adapted_from, "old");
  const std::string text = to_json_text(model);
  const DeviceModel read = parse_device_model(text);
  EXPECT_EQ(to_json_text(read), text);
  const Predictor before(model), after(read);
  for (const Sample& sample : samples(20, 4, new_ms, new_watts)) {
    const LayerPrediction a = before.predict_layer(sample.layer);
    const LayerPrediction b = after.predict_layer(sample.layer);
    EXPECT_EQ(a.runtime->value, b.runtime->value);
    EXPECT_EQ(a.power->value, b.power->value);
  }
  // Many at once, to the same bits.
  BatchPredictor batch(read);
  const std::vector<Sample> layers = samples(20, 4, new_ms, new_watts);
  std::vector<BatchPredictor::LayerId> ids;
  for (const Sample& sample : layers) ids.push_back(batch.add(sample.layer));
  batch.evaluate();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerPrediction p = after.predict_layer(layers[i].layer);
    EXPECT_EQ(batch.runtime()[ids[i]], p.runtime->value.value());
    EXPECT_EQ(batch.energy()[ids[i]], p.energy->value.value());
  }
}

TEST(AdaptTest, ExplanationsAddUp) {
  const Predictor predictor(new_device(30, old_device()));
  const LayerConfig layer = samples(1, 5, new_ms, new_watts).front().layer;
  const Explanation e = explain(predictor, layer);
  ASSERT_TRUE(e.runtime && e.power);
  for (const FormulaExplanation& f : {*e.runtime, *e.power}) {
    double sum = f.intercept;
    bool has_base = false;
    for (const Contribution& c : f.terms) {
      sum += c.amount;
      has_base = has_base || c.term == "base";
    }
    EXPECT_TRUE(has_base);
    if (f.bound.empty()) {
      EXPECT_NEAR(sum * f.correction, f.value, 1e-9 * f.value);
    }
  }
}

TEST(AdaptTest, RefusesWhatItCannotDo) {
  const auto old = old_device();
  const auto adapted = std::make_shared<const DeviceModel>(new_device(10, old));
  EXPECT_THROW(new_device(10, adapted), Error);
  TrainOptions options;
  options.method = "neuralpower-2017";
  options.from = old;
  EXPECT_THROW(train_device_model(samples(30, 2, new_ms, new_watts), options), Error);
  // "base" means nothing where there is none.
  std::string text = to_json_text(*adapted);
  text.replace(text.find("\"base\": {"), 8, "\"nobase\": {");
  EXPECT_THROW(parse_device_model(text), Error);
}

// A kind the other device has no model of is trained as if there were no other.
TEST(AdaptTest, KindsTheOtherLacksStartFromNothing) {
  std::vector<Sample> pools;
  for (int i = 1; i <= 12; ++i) {
    Sample sample;
    sample.layer =
        parse_layer(fmt::format("pool mode=max batch={} in=64x28x28 kernel=2 stride=2", i));
    sample.runtime = milliseconds(0.1 * i);
    pools.push_back(sample);
  }
  TrainOptions options;
  options.from = old_device();
  const DeviceModel model = train_device_model(pools, options);
  EXPECT_EQ(model.layers.at("pool").runtime->base, nullptr);
}

}  // namespace
}  // namespace neuralpower
