// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/report/evaluation_report.h"

namespace neuralpower::cli {

Action configure_crossvalidate(CLI::App& app) {
  struct Options {
    std::vector<std::string> files;
    CrossValidateOptions cross_validate;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  options->cross_validate.train.threads = default_threads();
  app.add_option("samples", options->files, "Measured layers: CSV files or stores (.db)")
      ->required();
  add_training_options(app, options->cross_validate.train);
  app.add_option("--folds", options->cross_validate.folds, "Number of folds")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option("--group", options->cross_validate.group,
                 "What is held out together: layer, network, or a feature such as Ci")
      ->capture_default_str();
  options->format.add_to(app, {"table", "json"});
  return [options, &app] {
    Evaluation evaluation;
    {
      ProgressBar bar(app);
      evaluation = cross_validate_method(
          read_samples(options->files), options->cross_validate,
          [&](double fraction, const std::string& what) { bar.show(fraction, what); });
    }
    std::cout << render_evaluation(evaluation, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
