// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/study.h"

#include <iostream>
#include <memory>

#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/report/study_report.h"

namespace neuralpower::cli {

Action configure_study(CLI::App& app) {
  struct Options {
    SamplesOption samples;
    std::string target = "runtime", plot;
    StudyOptions study;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  options->study.threads = default_threads();
  options->samples.add_to(app);
  app.add_option("--target", options->target, "What is predicted: runtime, power or energy")
      ->check(CLI::IsMember({"runtime", "power", "energy"}))
      ->capture_default_str();
  app.add_option("--kind", options->study.keys, "Only these kinds of layer: conv,fc,pool")
      ->delimiter(',');
  app.add_option("--folds", options->study.folds, "Number of folds")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option("--seed", options->study.seed, "Seed of the folds")->capture_default_str();
  app.add_option("--similar", options->study.similar,
                 "Points of accuracy within which two models count as similar")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--threads", options->study.threads, "Threads; results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--plot", options->plot, "Also draw the curves into this SVG file");
  options->format.add_to(app, {"table", "json", "csv"});
  return [options, &app] {
    for (const Target target : {Target::kRuntime, Target::kPower, Target::kEnergy})
      if (options->target == to_string(target)) options->study.target = target;
    const auto samples = options->samples.read();
    Study study;
    {
      ProgressBar bar(app);
      study = study_complexity(
          samples, options->study,
          [&](double fraction, const std::string& what) { bar.show(fraction, what); });
    }
    if (!options->plot.empty()) write_file_atomically(options->plot, plot_study(study));
    std::cout << render_study(study, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
