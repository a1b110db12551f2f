// SPDX-License-Identifier: Apache-2.0
// What another device's model is worth when few layers are measured: errors on layers left out,
// against the number of rows, of
//
//   transferred  the default method with the other device's formula as its base (train --from)
//   scratch      the default method on the same rows alone
//   sum          the plain physical sum on the same rows, no correction
//   scaled       the other device's prediction times one factor
//
//   few_shot NAME=SAMPLES.csv NAME=SAMPLES.csv ... [--key conv] [--rows 10,30,100,300,0]
//            [--seeds 5] [--threads N]
//
// For every ordered pair of devices. A fifth of the target's rows, at most 1000, is left out and
// judged; training rows come from the rest, in an order drawn by the seed; 0 rows: all of them.
// Prints a JSON object a line: from, to, rows, seed, method, runtime and power errors.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/study.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

struct Arguments {
  std::vector<std::pair<std::string, std::string>> sets;  // name, file
  std::string key = "conv";
  std::vector<std::size_t> rows = {10, 30, 100, 300, 0};
  std::uint64_t seeds = 5;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
};

struct Split {
  KeyData training, test;
};

Split split_rows(const KeyData& data, std::size_t rows, std::uint64_t seed) {
  std::vector<std::size_t> order(data.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  const std::size_t test = std::min<std::size_t>(order.size() / 5, 1000);
  const std::size_t count = rows == 0 ? order.size() - test : std::min(rows, order.size() - test);
  const auto begin = order.begin() + static_cast<std::ptrdiff_t>(test);
  return {select_rows(data, {begin, begin + static_cast<std::ptrdiff_t>(count)}),
          select_rows(data, {order.begin(), begin})};
}

void print(const std::string& where, const char* method, const KeyData& test, KeyModels models) {
  DeviceModel model;
  model.layers[test.key] = std::move(models);
  const Predictor predictor(std::move(model));
  std::vector<double> time, power;
  double inside = 0;
  for (const ReducedSample& row : test.rows) {
    const LayerPrediction p = predictor.predict_layer(row.layer);
    time.push_back(in_milliseconds(p.runtime->value));
    inside += p.runtime->low <= row.runtime && row.runtime <= p.runtime->high;
    if (p.power) power.push_back(p.power->value.value());
  }
  const ErrorMetrics e = error_metrics(test.runtime_ms, time);
  std::cout << fmt::format(
      R"({{{}, "method": "{}", "runtime": {{"rmspe": {:.4f}, "mape": {:.4f}, "inside": {:.2f}}})",
      where, method, e.rmspe, e.mape, 100 * inside / static_cast<double>(time.size()));
  if (metered_rows(test).size() == time.size() && power.size() == time.size()) {
    const ErrorMetrics w = error_metrics(test.power_w, power);
    std::cout << fmt::format(R"(, "power": {{"rmspe": {:.4f}, "mape": {:.4f}}})", w.rmspe, w.mape);
  }
  std::cout << "}" << std::endl;
}

// The factor of least relative error on the other device's prediction.
KeyModels scaled(const KeyData& data, const DeviceModel& from) {
  const LayerModel& base = *from.layers.at(data.key).runtime;
  const LayerFormula formula(base);
  double first = 0, second = 0;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const double x =
        formula.evaluate({data.features.data() + i * data.feature_count, data.feature_count}) /
        data.runtime_ms[i];
    first += x;
    second += x * x;
  }
  LayerModel model;
  model.key = data.key;
  model.regimes.push_back({"always", 0, {{"base", first / second}}, {}});
  model.base = std::make_shared<const LayerModel>(base);
  KeyModels models;
  models.runtime = std::move(model);
  return models;
}

int run(const Arguments& arguments) {
  std::map<std::string, KeyData> data;
  std::map<std::string, std::shared_ptr<const DeviceModel>> models;
  TrainOptions options;
  options.threads = arguments.threads;
  for (const auto& [name, file] : arguments.sets) {
    const auto groups = group_by_key(read_samples_csv(file));
    if (!groups.contains(arguments.key))
      throw bad_input(file + " has no " + arguments.key + " layers");
    data[name] = groups.at(arguments.key);
    DeviceModel model;
    model.device = name;
    model.layers[arguments.key] = fit_key_models(data[name], options);
    models[name] = std::make_shared<const DeviceModel>(std::move(model));
  }
  for (const auto& [to, rows_of_target] : data)
    for (const std::size_t rows : arguments.rows)
      for (std::uint64_t seed = 1; seed <= arguments.seeds; ++seed) {
        const Split split = split_rows(rows_of_target, rows, seed);
        const auto where = [&](const std::string& from) {
          return fmt::format(R"("from": "{}", "to": "{}", "rows": {}, "all": {}, "seed": {})", from,
                             to, split.training.rows.size(), rows == 0, seed);
        };
        TrainOptions scratch = options;
        scratch.seed = seed;
        print(where(""), "scratch", split.test, fit_key_models(split.training, scratch));
        print(where(""), "sum", split.test, fit_physical_sum(split.training, scratch));
        for (const auto& [from, model] : models) {
          if (from == to) continue;
          TrainOptions adapted = scratch;
          adapted.from = model;
          print(where(from), "transferred", split.test, fit_key_models(split.training, adapted));
          print(where(from), "scaled", split.test, scaled(split.training, *model));
        }
      }
  return 0;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) throw usage_error(word + " needs a value");
      return std::string(argv[++i]);
    };
    const auto number = [&](std::string_view text) {
      const auto parsed = parse_double(text);
      if (!parsed || *parsed < 0) throw usage_error(word + ": not a number: " + std::string(text));
      return static_cast<std::size_t>(*parsed);
    };
    if (word == "--key") {
      arguments.key = value();
    } else if (word == "--seeds") {
      arguments.seeds = number(value());
    } else if (word == "--threads") {
      arguments.threads = static_cast<unsigned>(number(value()));
    } else if (word == "--rows") {
      arguments.rows.clear();
      const std::string list = value();
      for (const std::string_view one : split(list, ',')) arguments.rows.push_back(number(one));
    } else if (const auto at = word.find('='); at != std::string::npos) {
      arguments.sets.emplace_back(word.substr(0, at), word.substr(at + 1));
    } else {
      throw usage_error("what is " + word + "?");
    }
  }
  if (arguments.sets.size() < 2)
    throw usage_error("few_shot NAME=SAMPLES.csv NAME=SAMPLES.csv ... [--key conv]");
  return arguments;
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  try {
    return neuralpower::run(neuralpower::parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "few_shot: " << error.what() << "\n";
    return 2;
  }
}
