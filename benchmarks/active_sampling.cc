// SPDX-License-Identifier: Apache-2.0
// Error against measuring time, with the layers that a model is least sure of measured next, and
// with random ones: replayed on layers that were all measured once.
//
// usage: active_sampling SAMPLES.csv [RANDOM_RUNS]
//
// A fifth of the configurations, drawn by seed, is held out and never chosen from. Of the rest,
// ActiveChoice picks in blocks of 16, told each measured runtime and nothing of the others; the
// random runs draw as many. At each size the method `neuralpower` is trained on what was picked and
// judged on the held-out configurations: the mean over layer kinds of the MAPE, in per cent. Of the
// random runs it is the median one. Minutes are what the protocol takes for the picked layers: ten
// executions each, and 60 ms at least.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "neuralpower/base/error.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/active_choice.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kSizes[] = {64, 96, 144, 224, 352, 544, 832, 1280};

struct Pool {
  std::vector<ReducedSample> layers;          // to choose from
  std::vector<std::vector<Sample>> measured;  // the repetitions of each
  std::vector<Sample> held_out;
};

Pool split(const std::vector<Sample>& samples) {
  std::vector<ReducedSample> all = reduce_repetitions(samples);
  std::mt19937_64 random(1);
  std::shuffle(all.begin(), all.end(), random);
  std::map<std::string, std::vector<Sample>> by_layer;
  for (const Sample& sample : samples) by_layer[format_layer(sample.layer)].push_back(sample);
  Pool pool;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < all.size() / 5) {
      for (const Sample& sample : by_layer[all[i].text]) pool.held_out.push_back(sample);
    } else {
      pool.measured.push_back(by_layer[all[i].text]);
      pool.layers.push_back(std::move(all[i]));
    }
  }
  return pool;
}

// The mean over kinds, for runtime and for energy; a kind without a model counts as 100 %.
struct Errors {
  double runtime = 0, energy = 0;
};

Errors errors_of(const Pool& pool, const std::vector<std::size_t>& picked,
                 const std::vector<std::string>& kinds) {
  std::vector<Sample> samples;
  for (const std::size_t i : picked)
    samples.insert(samples.end(), pool.measured[i].begin(), pool.measured[i].end());
  TrainOptions options;
  options.device = "replay";
  const Evaluation judged =
      evaluate(Predictor(train_device_model(samples, options)), pool.held_out);
  Errors errors;
  const auto mean = [&](const char* target) {
    double sum = 0;
    for (const std::string& kind : kinds) {
      const auto found = judged.targets.find(target);
      const bool there = found != judged.targets.end() && found->second.contains(kind);
      sum += there ? found->second.at(kind).metrics.mape : 100;
    }
    return sum / static_cast<double>(kinds.size());
  };
  errors.runtime = mean("runtime");
  errors.energy = mean("energy");
  return errors;
}

double minutes_for(const Pool& pool, const std::vector<std::size_t>& picked) {
  double seconds = 0;
  for (const std::size_t i : picked) seconds += std::max(0.06, 10 * pool.layers[i].runtime.value());
  return seconds / 60;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(const char* file, int random_runs) {
  const Pool pool = split(read_samples_csv(file));
  std::vector<LayerConfig> layers;
  std::vector<std::string> kinds;
  for (const ReducedSample& layer : pool.layers) {
    layers.push_back(layer.layer);
    const std::string kind(kind_of(layer.layer.op));
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  fmt::print("{} configurations to choose from, {} rows held out, kinds:", layers.size(),
             pool.held_out.size());
  for (const std::string& kind : kinds) fmt::print(" {}", kind);
  fmt::print("\n{:>8} {:>32} {:>40}\n", "layers", "active: minutes, time, energy",
             "random: minutes, time, energy (worst time)");

  ActiveChoice choice(layers);
  std::vector<std::size_t> active;
  std::vector<std::vector<std::size_t>> orders(static_cast<std::size_t>(random_runs));
  for (std::size_t run = 0; run < orders.size(); ++run) {
    for (std::size_t i = 0; i < layers.size(); ++i) orders[run].push_back(i);
    std::mt19937_64 random(100 + run);
    std::shuffle(orders[run].begin(), orders[run].end(), random);
  }
  for (const std::size_t size : kSizes) {
    if (size > layers.size()) break;
    while (active.size() < size)
      for (const std::size_t i : choice.next(std::min(kBlock, size - active.size()))) {
        choice.learn(i, pool.layers[i].runtime);
        active.push_back(i);
      }
    const Errors chosen = errors_of(pool, active, kinds);
    std::vector<double> minutes, runtime, energy;
    for (const auto& order : orders) {
      const std::vector<std::size_t> picked(order.begin(),
                                            order.begin() + static_cast<std::ptrdiff_t>(size));
      const Errors one = errors_of(pool, picked, kinds);
      minutes.push_back(minutes_for(pool, picked));
      runtime.push_back(one.runtime);
      energy.push_back(one.energy);
    }
    const double worst = runtime.empty() ? 0 : *std::max_element(runtime.begin(), runtime.end());
    fmt::print("{:>8} {:>12.1f} {:>8.1f} {:>10.1f} {:>14.1f} {:>8.1f} {:>8.1f} ({:.1f})\n", size,
               minutes_for(pool, active), chosen.runtime, chosen.energy, median(minutes),
               median(runtime), median(energy), worst);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: active_sampling SAMPLES.csv [RANDOM_RUNS]\n");
    return 2;
  }
  try {
    return neuralpower::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 3);
  } catch (const neuralpower::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
