// SPDX-License-Identifier: Apache-2.0
// How many layers a second the batch path predicts, beside single predictions.
//
//   batch_predict DEVICE.json [--key conv] [--layers 200000] [--seconds 1] [--threads 1,2]
//                 [--features FILE.csv]
//   batch_predict --dense ...            every published term of the key, with made-up weights
//
// Prints JSON: adding (features, deduplication) and evaluating timed apart, the terms that a layer
// costs, the greatest relative difference from Predictor::predict_layer. Rates of evaluating are
// layers a second of clock time, the best repetition, and of processor time, all threads together:
// on a busy machine the second tells what a core does. --features writes the layers' features and
// predictions, for the peer in benchmarks/batch_predict_peer.py; the model goes beside it as
// FILE.csv.json.
#include "neuralpower/model/prediction/batch_predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using Clock = std::chrono::steady_clock;
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::string device, key = "conv", features;
  bool dense = false;
  std::size_t layers = 200000;
  double seconds = 1;
  std::vector<unsigned> threads = {1, 2};
};

DeviceModel dense_device(const std::string& key) {
  DeviceModel device;
  device.device = "dense";
  std::mt19937_64 random(1);
  const auto fill = [&](Target target) {
    LayerModel model;
    model.key = key;
    model.target = target;
    Regime regime;
    regime.when = "always";
    regime.intercept = 1;
    std::uniform_real_distribution<double> weight(0.1, 1);
    for (const std::string& term : published_terms(key, target, published_degree(key, target)))
      regime.terms.push_back({term, weight(random)});
    model.regimes.push_back(regime);
    return model;
  };
  device.layers[key].runtime = fill(Target::kRuntime);
  device.layers[key].power = fill(Target::kPower);
  return device;
}

// Of sizes that the model knows: what is larger is predicted one by one when it is added.
std::vector<LayerConfig> random_layers(const std::string& key, std::size_t count,
                                       const Predictor& predictor) {
  const KeyFormulas& formulas = *predictor.formulas_of(key);
  std::mt19937_64 random(2);
  const auto up_to = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  std::set<std::string> seen;
  std::vector<LayerConfig> layers;
  while (layers.size() < count) {
    const int size = up_to(7, 64), kernel = 1 + 2 * up_to(0, 3);
    std::string text =
        key == "fc" ? fmt::format("fc batch={} in={} out={}", up_to(1, 64), up_to(16, 8192),
                                  up_to(10, 4096))
                    : fmt::format("conv batch={} in={}x{}x{} out={} kernel={} pad={}", up_to(1, 32),
                                  up_to(3, 512), size, size, up_to(8, 512), kernel, kernel / 2);
    const LayerConfig layer = parse_layer(text);
    if (formulas.is_measured_size(extract_features(layer)) && seen.insert(text).second)
      layers.push_back(layer);
  }
  return layers;
}

int run(const Options& options) {
  const DeviceModel model =
      options.dense ? dense_device(options.key) : load_device_model(options.device);
  const Predictor predictor(model);
  const std::vector<LayerConfig> layers = random_layers(options.key, options.layers, predictor);
  const KeyModels& models = model.layers.at(options.key);
  std::string out = fmt::format("{{\"key\": \"{}\", \"layers\": {}, \"runtime_terms\": {}, ",
                                options.key, layers.size(), count_terms(*models.runtime));
  out += fmt::format("\"power_terms\": {}, ", models.power ? count_terms(*models.power) : 0);

  BatchPredictor batch(model);
  auto start = Clock::now();
  for (const LayerConfig& layer : layers) batch.add(layer);
  out += fmt::format("\"add_per_s\": {:.0f}, ", static_cast<double>(layers.size()) / since(start));

  for (const unsigned threads : options.threads) {
    double best = 1e300, passes = 0;
    const double used = processor_seconds();
    const auto begin = Clock::now();
    do {
      batch.forget_values();
      start = Clock::now();
      batch.evaluate(threads);
      best = std::min(best, since(start));
      ++passes;
    } while (since(begin) < options.seconds);
    const auto count = static_cast<double>(batch.layer_count());
    out += fmt::format("\"{0}_threads_per_s\": {1:.0f}, \"{0}_threads_per_core_s\": {2:.0f}, ",
                       threads, count / best, count * passes / (processor_seconds() - used));
  }

  const std::size_t singles = std::min<std::size_t>(layers.size(), 20000);
  double difference = 0;
  start = Clock::now();
  for (std::size_t i = 0; i < singles; ++i) {
    const LayerPrediction one = predictor.predict_layer(layers[i]);
    const BatchPredictor::LayerId id = batch.add(layers[i]);
    difference =
        std::max(difference, std::abs(batch.runtime()[id] / one.runtime->value.value() - 1));
    if (one.energy)
      difference =
          std::max(difference, std::abs(batch.energy()[id] / one.energy->value.value() - 1));
  }
  out += fmt::format("\"single_per_s\": {:.0f}, \"greatest_difference\": {:.3g}}}\n",
                     static_cast<double>(singles) / since(start), difference);
  std::cout << out;

  if (!options.features.empty()) {
    std::ofstream file(options.features);
    for (std::string_view name : feature_names(options.key)) file << name << ',';
    file << "runtime_ms,power_w\n";
    for (const LayerConfig& layer : layers) {
      for (const double x : extract_features(layer)) file << format_double(x) << ',';
      const BatchPredictor::LayerId id = batch.add(layer);
      file << format_double(batch.runtime()[id] * 1e3) << ',' << format_double(batch.power()[id])
           << '\n';
    }
    save_device_model(model, options.features + ".json");
  }
  return 0;
}

int main_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&] {
      if (++i >= argc) throw usage_error(argument + " needs a value");
      return std::string(argv[i]);
    };
    if (argument == "--dense") {
      options.dense = true;
    } else if (argument == "--key") {
      options.key = value();
    } else if (argument == "--layers") {
      options.layers = static_cast<std::size_t>(parse_int(value()).value_or(1000));
    } else if (argument == "--seconds") {
      options.seconds = parse_double(value()).value_or(1);
    } else if (argument == "--features") {
      options.features = value();
    } else if (argument == "--threads") {
      options.threads.clear();
      for (std::string_view piece : split(value(), ','))
        options.threads.push_back(static_cast<unsigned>(parse_int(piece).value_or(1)));
    } else {
      options.device = argument;
    }
  }
  if (options.device.empty() && !options.dense)
    throw usage_error("batch_predict DEVICE.json | --dense; see the head of batch_predict.cc");
  return run(options);
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  try {
    return neuralpower::main_of(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
