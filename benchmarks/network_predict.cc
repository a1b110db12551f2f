// SPDX-License-Identifier: Apache-2.0
// How long a network that is loaded takes to predict: network_predict DEVICE.json NETWORK [SECONDS]
//
// Prints JSON, microseconds of processor time, with everything that a report needs, names,
// intervals and warnings: Predictor::predict; PreparedNetwork::predict with all formulas evaluated
// anew, and with one layer replaced each time. Then totals alone by BatchPredictor, as a search
// loop uses it, first with the layers handed over each time, then evaluated anew where they are
// there.
#include <fmt/format.h>

#include <ctime>
#include <iostream>
#include <memory>

#include "neuralpower/importers/importers.h"
#include "neuralpower/model/prediction/batch_predict.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/prediction/prepared_network.h"

namespace neuralpower {
namespace {

// The least of many repetitions.
template <typename Call>
double microseconds_of(double seconds, Call call) {
  double best = 1e300;
  const std::clock_t begin = std::clock();
  do {
    constexpr int kCalls = 20;
    const std::clock_t start = std::clock();
    for (int i = 0; i < kCalls; ++i) call();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kCalls);
  } while (static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < seconds);
  return best * 1e6;
}

void benchmark(const std::string& device, const std::string& file, double seconds) {
  const auto shared = std::make_shared<const Predictor>(load_device_model(device));
  const Predictor& predictor = *shared;
  const Network network = import_network(file);
  double sum = 0;  // keeps the compiler from leaving the work out
  const double whole =
      microseconds_of(seconds, [&] { sum += predictor.predict(network).runtime->value.value(); });
  PreparedNetwork prepared(shared, network);
  const double anew_prepared = microseconds_of(seconds, [&] {
    prepared.forget_values();
    sum += prepared.predict().runtime->value.value();
  });
  const LayerConfig first = prepared.predict().layers[0].config;
  const double replaced = microseconds_of(seconds, [&] {
    prepared.replace(0, first);
    sum += prepared.predict().runtime->value.value();
  });
  BatchPredictor batch(shared);
  std::vector<BatchPredictor::LayerId> ids(network.layers.size());
  const auto add = [&] {
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = batch.add(network.layers[i].config);
  };
  const double added = microseconds_of(seconds, [&] {
    add();
    batch.evaluate();
    sum += batch.total(ids).runtime_s;
  });
  const double anew = microseconds_of(seconds, [&] {
    batch.forget_values();
    batch.evaluate();
    sum += batch.total(ids).runtime_s;
  });
  std::cout << fmt::format(
      "{{\"layers\": {}, \"different\": {}, \"predict_us\": {:.1f}, \"prepared_us\": {:.1f}, "
      "\"replaced_us\": {:.1f}, \"batch_add_us\": {:.1f}, "
      "\"batch_evaluate_us\": {:.1f}, \"runtime_ms\": {}}}\n",
      network.layers.size(), batch.layer_count(), whole, anew_prepared, replaced, added, anew,
      batch.total(ids).runtime_s * 1e3);
  if (sum < 0) std::cout << "\n";
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: network_predict DEVICE.json NETWORK [SECONDS]\n";
    return 2;
  }
  try {
    neuralpower::benchmark(argv[1], argv[2], argc > 3 ? std::stod(argv[3]) : 1);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "network_predict: " << error.what() << "\n";
    return 2;
  }
}
