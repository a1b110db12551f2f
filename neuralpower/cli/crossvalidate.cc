// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/model/training/network_folds.h"
#include "neuralpower/report/evaluation_report.h"
#include "neuralpower/report/figures.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {

Action configure_crossvalidate(CLI::App& app) {
  struct Options {
    SamplesOption samples;
    CrossValidateOptions cross_validate;
    std::string networks, plot, plot_target = "runtime", predictions;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  options->cross_validate.train.threads = default_threads();
  options->samples.add_to(app);
  add_training_options(app, options->cross_validate.train);
  app.add_option("--folds", options->cross_validate.folds, "Number of folds")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option("--group", options->cross_validate.group,
                 "What is held out together: layer, network, or a feature such as Ci")
      ->capture_default_str();
  app.add_option("--networks", options->networks,
                 "Whole networks measured, CSV: with --group network each is predicted from the "
                 "layers of the others");
  app.add_option("--plot", options->plot,
                 "Also draw the held-out layers, predicted against measured, into this SVG file");
  app.add_option("--plot-target", options->plot_target, "What is drawn: runtime, power or energy")
      ->check(CLI::IsMember({"runtime", "power", "energy"}))
      ->capture_default_str();
  app.add_option("--predictions", options->predictions,
                 "Also write the held-out layers, measured and predicted, into this CSV file");
  options->format.add_to(app, {"table", "json"});
  return [options, &app] {
    if (!options->networks.empty() && options->cross_validate.group != "network")
      throw usage_error("--networks is judged with whole networks left out: add --group network");
    Evaluation evaluation;
    {
      ProgressBar bar(app);
      const auto show = [&](double fraction, const std::string& what) { bar.show(fraction, what); };
      const std::vector<Sample> samples = options->samples.read();
      evaluation = cross_validate_method(samples, options->cross_validate, show);
      if (!options->networks.empty())
        leave_networks_out(evaluation, samples, read_networks_csv(options->networks),
                           options->cross_validate.train, show);
    }
    if (!options->predictions.empty())
      write_file_atomically(options->predictions, held_out_csv(evaluation));
    if (!options->plot.empty()) {
      Target drawn = Target::kRuntime;
      for (const Target target : {Target::kPower, Target::kEnergy})
        if (options->plot_target == to_string(target)) drawn = target;
      write_file_atomically(options->plot, held_out_figure(evaluation, drawn));
    }
    std::cout << render_evaluation(evaluation, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
