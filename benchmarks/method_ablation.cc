// SPDX-License-Identifier: Apache-2.0
// What each ingredient of the default method is worth: held-out errors of one key and target with
// one ingredient taken out or changed at a time.
//
//   method_ablation FILE:KEY[:power]... [--seeds 1,2,3] [--folds 10] [--only NAME,...] [--rows
//   FILE] [--table FILE]
//
// With --table the first set's values, costs and quantities are written as CSV instead, for
// benchmarks/black_boxes.py.
//
// Prints a Markdown row a variant, and for each set RMSPE (mean and spread over the seeds, each of
// which deals the folds anew), MAPE in brackets, both in per cent, terms, and seconds a fold.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/methods/neuralpower.h"
#include "neuralpower/model/methods/neuralpower_terms.h"
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
    {"before", "whole corrections, large errors count little",
     [](NeuralPowerOptions& o) {
       o.shares = {1};
       o.sure_rows = 0;
     }},
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
    {"no-refits", "products as boosting left them",
     [](NeuralPowerOptions& o) { o.refits = false; }},
    {"no-weights", "small runtimes count like large ones",
     [](NeuralPowerOptions& o) { o.noise_weights = false; }},
    {"rounds-50", "50 rounds",
     [](NeuralPowerOptions& o) {
       o.boost.rounds = 50;
       o.rows_per_round = 1 << 30;
     }},
    {"rounds-300", "300 rounds", [](NeuralPowerOptions& o) { o.boost.rounds = 300; }},
    {"no-margin", "no margin in the choice",
     [](NeuralPowerOptions& o) { o.win_margin = o.least_gain = 0; }},
};

// One measured set: FILE:KEY or FILE:KEY:power.
struct Set {
  std::string name;
  Target target = Target::kRuntime;
  KeyData data;
};

struct Arguments {
  std::vector<std::string> sets, only;
  std::vector<std::uint64_t> seeds = {1};
  std::size_t folds = 10;
  std::size_t train = 0;  // not 0: so many rows to train on, all others held out, `folds` times
  std::string rows;       // where to write each row's truth and prediction
  std::string table;      // where to write what the method sees of the first set
};

unsigned threads() { return std::max(1u, std::thread::hardware_concurrency()); }

FitInput input_for(const KeyData& data, Target target, const std::vector<double>& features,
                   std::size_t columns, const std::vector<std::uint32_t>& folds,
                   std::uint64_t seed) {
  FitInput input;
  input.key = data.key;
  input.target = target;
  input.features = {features.data(), data.rows.size(), columns};
  input.values = target == Target::kPower ? data.power_w : data.runtime_ms;
  input.fold_of_row = folds;
  input.fold_count = 10;
  input.seed = seed;
  input.threads = threads();
  return input;
}

struct Outcome {
  ErrorMetrics errors;
  double terms = 0, seconds = 0;
};

// Held-out errors of one variant on one set under one dealing of the folds.
Outcome run(const Arguments& arguments, const Variant& variant, const Set& set,
            std::uint64_t seed) {
  const KeyData& data = set.data;
  const bool power = set.target == Target::kPower;
  const auto start = std::chrono::steady_clock::now();
  // A learning curve deals the rows into groups of `train` and trains on one at a time.
  const std::size_t groups =
      arguments.train > 0 ? data.rows.size() / arguments.train : arguments.folds;
  const auto fits = static_cast<double>(std::min(arguments.folds, groups));
  const auto fold_of = make_folds(data.rows.size(), groups, seed);
  NeuralPowerOptions options;
  variant.change(options);
  std::vector<double> truth, predicted;
  Outcome outcome;
  std::ofstream dump;
  if (!arguments.rows.empty()) dump.open(arguments.rows, std::ios::app);
  for (std::size_t fold = 0; fold < std::min(arguments.folds, groups); ++fold) {
    std::vector<std::size_t> training, held_out;
    for (std::size_t i = 0; i < data.rows.size(); ++i)
      ((fold_of[i] == fold) != (arguments.train > 0) ? held_out : training).push_back(i);
    const KeyData rows = select_rows(data, training);
    const auto inner =
        make_folds(rows.rows.size(), std::min<std::size_t>(10, rows.rows.size()), seed);
    const FitResult runtime = fit_neuralpower(
        input_for(rows, Target::kRuntime, rows.features, rows.feature_count, inner, seed),
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
      model = fit_neuralpower(input_for(rows, Target::kPower, features,
                                        rows.feature_count + kRuntimeFeatureCount, inner, seed),
                              options)
                  .model;
    }
    const LayerFormula formula(model);
    outcome.terms += count_terms(model) / fits;
    for (const std::size_t i : held_out) {
      const double* row = data.features.data() + i * data.feature_count;
      std::vector<double> features(row, row + data.feature_count);
      const FormulaValue t = time.evaluate_with_cost(features);
      features.insert(features.end(), {t.value, t.cost});
      predicted.push_back(formula.evaluate(features));
      truth.push_back(power ? data.power_w[i] : data.runtime_ms[i]);
      if (dump)
        dump << set.name << ',' << seed << ',' << data.rows[i].text << ',' << truth.back() << ','
             << predicted.back() << '\n';
    }
  }
  outcome.errors = error_metrics(truth, predicted);
  outcome.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / fits;
  return outcome;
}

Set read_set(const std::string& text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() < 2) throw usage_error("a set is FILE:KEY or FILE:KEY:power, not " + text);
  Set set;
  set.name = text;
  if (parts.size() > 2 && parts[2] == "power") set.target = Target::kPower;
  const auto groups = group_by_key(read_samples_csv(std::string(parts[0])));
  const auto found = groups.find(std::string(parts[1]));
  if (found == groups.end()) throw usage_error("no samples of " + std::string(parts[1]));
  set.data = found->second;
  return set;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--") || i + 1 >= argc) {
      arguments.sets.push_back(word);
      continue;
    }
    const std::string value = argv[++i];
    if (word == "--rows") arguments.rows = value;
    if (word == "--table") arguments.table = value;
    if (word == "--folds") arguments.folds = std::stoul(value);
    if (word == "--train") arguments.train = std::stoul(value);
    if (word == "--only")
      for (const std::string_view name : split(value, ',')) arguments.only.emplace_back(name);
    if (word == "--seeds") {
      arguments.seeds.clear();
      for (const std::string_view seed : split(value, ','))
        arguments.seeds.push_back(std::stoull(std::string(seed)));
    }
  }
  if (arguments.sets.empty()) throw usage_error("usage: method_ablation FILE:KEY... [options]");
  return arguments;
}

// A row a configuration: the measured value, each cost, each quantity.
void write_table(const Set& set, const std::string& path) {
  const KeyData& data = set.data;
  const CandidateTerms candidates = candidate_terms(data.key, Target::kRuntime, false);
  std::vector<Term> terms;
  std::ofstream out(path);
  out << "y";
  for (const auto& [mark, names] : {std::pair{'C', candidates.costs}, {'Q', candidates.quantities}})
    for (std::string name : names) {
      // Trees do not mind the scale.
      if (name.starts_with("log2(")) name = name.substr(5, name.size() - 6);
      terms.push_back(Term::parse(name, data.key));
      out << ';' << mark << ' ' << name;
    }
  out << '\n';
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    out << fmt::format("{}", data.runtime_ms[i]);
    for (const Term& term : terms)
      out << fmt::format(";{}", term.evaluate({data.features.data() + i * data.feature_count,
                                               data.feature_count}));
    out << '\n';
  }
}

int study(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (!arguments.table.empty()) {
    write_table(read_set(arguments.sets.front()), arguments.table);
    return 0;
  }
  std::vector<Set> sets;
  std::string header = "| variant |", line = "|---|";
  for (const std::string& text : arguments.sets) {
    sets.push_back(read_set(text));
    header += " " + text + " | terms | s |";
    line += "---|---|---|";
  }
  std::cout << header << "\n" << line << "\n";
  for (const Variant& variant : kVariants) {
    if (!arguments.only.empty() && std::find(arguments.only.begin(), arguments.only.end(),
                                             variant.name) == arguments.only.end())
      continue;
    std::cout << "| " << variant.what << " |" << std::flush;
    for (const Set& set : sets) {
      double rmspe = 0, square = 0, mape = 0, terms = 0, seconds = 0;
      const auto count = static_cast<double>(arguments.seeds.size());
      for (const std::uint64_t seed : arguments.seeds) {
        const Outcome outcome = run(arguments, variant, set, seed);
        rmspe += outcome.errors.rmspe / count;
        square += outcome.errors.rmspe * outcome.errors.rmspe / count;
        mape += outcome.errors.mape / count;
        terms += outcome.terms / count;
        seconds += outcome.seconds / count;
      }
      std::cout << fmt::format(" {:.2f} +- {:.2f} ({:.2f}) | {:.0f} | {:.2f} |", rmspe,
                               std::sqrt(std::max(0.0, square - rmspe * rmspe)), mape, terms,
                               seconds)
                << std::flush;
    }
    std::cout << "\n" << std::flush;
  }
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
