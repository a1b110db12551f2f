// SPDX-License-Identifier: Apache-2.0
// The shipped device models, ten times outside what they were trained on.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "neuralpower/features/features.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

struct Layer {
  double batch, inputs, side, outputs, kernel;
  LayerConfig config() const {
    return parse_layer("conv batch=" + number(batch) + " in=" + number(inputs) + "x" +
                       number(side) + "x" + number(side) + " out=" + number(outputs) +
                       " kernel=" + number(kernel) + " pad=" + number(std::floor(kernel / 2)));
  }
  static std::string number(double x) { return std::to_string(static_cast<long>(x)); }
};

// Runtime in ms, after checking it against the roofline that the model states.
double runtime(const LayerModel& model, const Predictor& predictor, const Layer& layer) {
  const std::vector<double> features = extract_features(layer.config());
  const double ms = 1e3 * predictor.predict_layer(layer.config()).runtime->value.value();
  EXPECT_TRUE(std::isfinite(ms) && ms > 0);
  for (const WeightedTerm& least : model.floor)
    EXPECT_GE(ms * (1 + 1e-9),
              least.coefficient * Term::parse(least.term, model.key).evaluate(features));
  return ms;
}

TEST(ShippedDevices, TenTimesOutsideStaysPhysical) {
  int devices = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NEURALPOWER_SOURCE_DIR "/devices")) {
    if (entry.path().extension() != ".json") continue;
    const DeviceModel device = load_device_model(entry.path());
    const auto found = device.layers.find("conv");
    if (device.method != "neuralpower" || found == device.layers.end()) continue;
    ++devices;
    const LayerModel& model = *found->second.runtime;
    const Predictor predictor(device);
    for (const double side : {14.0, 56.0})
      for (const double channels : {32.0, 128.0})
        for (const double kernel : {1.0, 3.0, 5.0}) {
          const Layer layer{1, channels, side, channels, kernel};
          const double before = runtime(model, predictor, layer);
          Layer larger[5] = {layer, layer, layer, layer, layer};
          larger[0].batch *= 10;
          larger[1].inputs *= 10;
          larger[2].side *= 10;
          larger[3].outputs *= 10;
          larger[4] = {10, 10 * channels, 10 * side, 10 * channels, kernel};
          const double work[5] = {10, 10, 100, 10, 1e5};
          for (int i = 0; i < 5; ++i) {
            const double ratio = runtime(model, predictor, larger[i]) / before;
            // Libraries do switch to faster algorithms for larger sizes, so one dimension alone may
            // bring a little less.
            EXPECT_GT(ratio, i < 4 ? 0.7 : 10.0)
                << entry.path() << " " << format_layer(larger[i].config());
            EXPECT_LT(ratio, 10 * work[i])
                << entry.path() << " " << format_layer(larger[i].config());
          }
        }
  }
  EXPECT_GE(devices, 1);
}

// From the largest size measured on: a layer that is larger in one dimension never takes less.
TEST(ShippedDevices, BeyondWhatWasMeasuredRuntimeGrows) {
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NEURALPOWER_SOURCE_DIR "/devices")) {
    if (entry.path().extension() != ".json") continue;
    const DeviceModel device = load_device_model(entry.path());
    const auto found = device.layers.find("conv");
    if (device.method != "neuralpower" || found == device.layers.end()) continue;
    const Predictor predictor(device);
    for (const FeatureRange& range : found->second.runtime->ranges)
      for (const double side : {7.0, 28.0})
        for (const double inputs : {16.0, 256.0})
          for (const double outputs : {16.0, 256.0}) {
            Layer layer{1, inputs, side, outputs, 3};
            double* size = range.feature == "N"    ? &layer.batch
                           : range.feature == "Ci" ? &layer.inputs
                           : range.feature == "Hi" ? &layer.side
                           : range.feature == "Co" ? &layer.outputs
                                                   : nullptr;
            if (!size) continue;
            *size = range.high;
            const LayerModel& model = *found->second.runtime;
            const double edge = runtime(model, predictor, layer);
            for (const double factor : {1.5, 2.0, 5.0, 10.0}) {
              *size = range.high * factor;
              EXPECT_GE(runtime(model, predictor, layer), edge * (1 - 1e-12))
                  << entry.path() << " " << format_layer(layer.config());
              ++compared;
            }
          }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace neuralpower
