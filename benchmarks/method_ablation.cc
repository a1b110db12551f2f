// SPDX-License-Identifier: Apache-2.0
// What each ingredient of the default method is worth: held-out errors of one key and target with
// one ingredient taken out or changed at a time.
//
//   method_ablation SAMPLES.csv KEY [--target runtime|power] [--folds 10] [--seed 1] [--only NAME]
//
// Prints a Markdown row a variant: RMSPE (MAPE) in per cent, terms, seconds a fold.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/methods/neuralpower.h"
#include "neuralpower/model/training/training_data.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/folds.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

struct Variant {
  const char* name;
  const char* what;
  std::function<void(NeuralPowerOptions&)> change;
};

const Variant kVariants[] = {
    {"all", "all ingredients", [](NeuralPowerOptions&) {}},
    {"small-sum", "small sum, no correction",
     [](NeuralPowerOptions& o) { o.full_costs = o.corrections = false; }},
    {"sum", "full sum, no correction", [](NeuralPowerOptions& o) { o.corrections = false; }},
    {"no-sum", "no physical sum", [](NeuralPowerOptions& o) { o.costs = false; }},
    {"small-base", "small sum, corrected", [](NeuralPowerOptions& o) { o.full_costs = false; }},
    {"log-loss", "log loss instead of relative loss",
     [](NeuralPowerOptions& o) { o.boost.relative = false; }},
    {"no-ramps", "steps only", [](NeuralPowerOptions& o) { o.boost.ramps = false; }},
    {"no-steps", "ramps only", [](NeuralPowerOptions& o) { o.boost.steps = false; }},
    {"depth-1", "single gates", [](NeuralPowerOptions& o) { o.boost.depth = 1; }},
    {"depth-2", "at most two gates", [](NeuralPowerOptions& o) { o.boost.depth = 2; }},
    {"rate-1", "no shrinkage (rate 1)", [](NeuralPowerOptions& o) { o.rates = {1.0}; }},
    {"knots-64", "64 knots", [](NeuralPowerOptions& o) { o.boost.max_knots = 64; }},
    {"ridge-2", "ridge 2", [](NeuralPowerOptions& o) { o.boost.ridge = 2; }},
    {"rounds-50", "50 rounds",
     [](NeuralPowerOptions& o) {
       o.boost.rounds = 50;
       o.rows_per_round = 1 << 30;
     }},
    {"rounds-150", "150 rounds", [](NeuralPowerOptions& o) { o.rows_per_round = 1 << 30; }},
    {"rounds-300", "300 rounds", [](NeuralPowerOptions& o) { o.boost.rounds = 300; }},
    {"no-margin", "no margin in the choice",
     [](NeuralPowerOptions& o) { o.win_margin = o.least_gain = 0; }},
};

struct Arguments {
  std::string file, key, target = "runtime", only;
  std::size_t folds = 10;
  std::uint64_t seed = 1;
};

FitInput input_for(const KeyData& data, Target target, const std::vector<double>& features,
                   std::size_t columns, const std::vector<std::uint32_t>& folds,
                   const Arguments& arguments) {
  FitInput input;
  input.key = data.key;
  input.target = target;
  input.features = {features.data(), data.rows.size(), columns};
  input.values = target == Target::kPower ? data.power_w : data.runtime_ms;
  input.fold_of_row = folds;
  input.fold_count = 10;
  input.seed = arguments.seed;
  input.threads = std::max(1u, std::thread::hardware_concurrency());
  return input;
}

void run(const Arguments& arguments, const Variant& variant, const KeyData& data) {
  const auto start = std::chrono::steady_clock::now();
  const auto fold_of = make_folds(data.rows.size(), arguments.folds, arguments.seed);
  const bool power = arguments.target == "power";
  NeuralPowerOptions options;
  variant.change(options);
  std::vector<double> truth, predicted;
  double terms = 0;
  for (std::size_t fold = 0; fold < arguments.folds; ++fold) {
    std::vector<std::size_t> training, held_out;
    for (std::size_t i = 0; i < data.rows.size(); ++i)
      (fold_of[i] == fold ? held_out : training).push_back(i);
    const KeyData rows = select_rows(data, training);
    const auto inner = make_folds(rows.rows.size(), 10, arguments.seed);
    const FitResult runtime = fit_neuralpower(
        input_for(rows, Target::kRuntime, rows.features, rows.feature_count, inner, arguments),
        power ? NeuralPowerOptions{} : options);
    LayerModel model = runtime.model;
    const LayerFormula time(model);
    if (power) {
      std::vector<double> features;
      for (std::size_t i = 0; i < rows.rows.size(); ++i) {
        const double* row = rows.features.data() + i * rows.feature_count;
        features.insert(features.end(), row, row + rows.feature_count);
        features.push_back(runtime.held_out[i]);
        features.push_back(time.evaluate_with_cost({row, rows.feature_count}).cost);
      }
      model =
          fit_neuralpower(input_for(rows, Target::kPower, features,
                                    rows.feature_count + kRuntimeFeatureCount, inner, arguments),
                          options)
              .model;
    }
    const LayerFormula formula(model);
    terms += count_terms(model) / static_cast<double>(arguments.folds);
    for (const std::size_t i : held_out) {
      const double* row = data.features.data() + i * data.feature_count;
      std::vector<double> features(row, row + data.feature_count);
      const FormulaValue t = time.evaluate_with_cost(features);
      features.insert(features.end(), {t.value, t.cost});
      predicted.push_back(formula.evaluate(features));
      truth.push_back(power ? data.power_w[i] : data.runtime_ms[i]);
    }
  }
  const ErrorMetrics errors = error_metrics(truth, predicted);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cout << fmt::format("| {} | {:.1f} ({:.1f}) | {:.0f} | {:.2f} |\n", variant.what,
                           errors.rmspe, errors.mape, terms,
                           seconds / static_cast<double>(arguments.folds))
            << std::flush;
}

int study(int argc, char** argv) {
  Arguments arguments;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && i + 1 < argc) {
      const std::string value = argv[++i];
      if (word == "--target") arguments.target = value;
      if (word == "--only") arguments.only = value;
      if (word == "--folds") arguments.folds = std::stoul(value);
      if (word == "--seed") arguments.seed = std::stoull(value);
    } else {
      words.push_back(word);
    }
  }
  if (words.size() != 2) throw usage_error("usage: method_ablation SAMPLES.csv KEY [options]");
  const auto groups = group_by_key(read_samples_csv(words[0]));
  const auto found = groups.find(words[1]);
  if (found == groups.end()) throw usage_error("no samples of " + words[1]);
  std::cout << "| variant | RMSPE (MAPE) % | terms | s a fold |\n|---|---|---|---|\n";
  for (const Variant& variant : kVariants)
    if (arguments.only.empty() ||
        ("," + arguments.only + ",").find(std::string(",") + variant.name + ",") !=
            std::string::npos)
      run(arguments, variant, found->second);
  return 0;
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  try {
    return neuralpower::study(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "method_ablation: " << error.what() << "\n";
    return 2;
  }
}
