// SPDX-License-Identifier: Apache-2.0
// How long one prediction takes, by key: predict_speed DEVICE.json LAYERS.csv [SECONDS]
//
// Prints ns a layer for reading its features, for the runtime formula, for the power formula, and
// for Predictor::predict_layer with everything that a report needs. Processor time of one
// thread, median of nine repetitions.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/features/features.h"
#include "neuralpower/model/device_model.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

// Nanoseconds a call, the whole list over and over for a while.
template <typename Call>
double nanoseconds(std::size_t layers, double seconds, Call call) {
  std::vector<double> repetitions;
  for (int r = 0; r < 9; ++r) {
    std::size_t calls = 0;
    const std::clock_t start = std::clock();
    double passed = 0;
    while (passed < seconds / 9) {
      for (std::size_t i = 0; i < layers; ++i) call(i);
      calls += layers;
      passed = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    }
    repetitions.push_back(passed * 1e9 / static_cast<double>(calls));
  }
  std::nth_element(repetitions.begin(), repetitions.begin() + 4, repetitions.end());
  return repetitions[4];
}

void benchmark(const std::string& device, const std::string& layers, double seconds) {
  const Predictor predictor(load_device_model(device));
  std::map<std::string, std::vector<LayerConfig>> by_key;
  for (const Sample& sample : read_layers_csv(layers)) {
    const std::string key = model_key(sample.layer);
    if (predictor.model().layers.contains(key)) by_key[key].push_back(sample.layer);
  }
  std::cout << fmt::format("{:20} {:>7} {:>7} {:>10} {:>10} {:>10} {:>14}\n", "ns a layer",
                           "layers", "terms", "features", "runtime", "power", "predict_layer");
  for (const auto& [key, configs] : by_key) {
    const KeyModels& models = predictor.model().layers.at(key);
    const std::size_t width = feature_names(key).size(), stride = width + kRuntimeFeatureCount;
    std::vector<double> features(configs.size() * stride, 1.0);
    const auto row = [&](std::size_t i) { return std::span(features).subspan(i * stride, stride); };
    double sum = 0;  // keeps the compiler from leaving the work out
    const double extracting = nanoseconds(configs.size(), seconds, [&](std::size_t i) {
      extract_features(configs[i], row(i).first(width));
    });
    const LayerFormula runtime(*models.runtime);
    const double running = nanoseconds(configs.size(), seconds,
                                       [&](std::size_t i) { sum += runtime.evaluate(row(i)); });
    int terms = count_terms(*models.runtime);
    double powering = 0;
    if (models.power) {
      const LayerFormula power(*models.power);
      powering = nanoseconds(configs.size(), seconds,
                             [&](std::size_t i) { sum += power.evaluate(row(i)); });
      terms += count_terms(*models.power);
    }
    const double predicting = nanoseconds(configs.size(), seconds, [&](std::size_t i) {
      sum += predictor.predict_layer(configs[i]).runtime->value.value();
    });
    std::cout << fmt::format("{:20} {:7} {:7} {:10.0f} {:10.0f} {:10.0f} {:14.0f}{}\n", key,
                             configs.size(), terms, extracting, running, powering, predicting,
                             sum > 0 ? "" : " (no time at all)");
  }
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: predict_speed DEVICE.json LAYERS.csv [SECONDS]\n";
    return 2;
  }
  try {
    neuralpower::benchmark(argv[1], argv[2], argc > 3 ? std::stod(argv[3]) : 0.5);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "predict_speed: " << error.what() << "\n";
    return 2;
  }
}
