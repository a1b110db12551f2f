// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/train.h"

#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/report/evaluation_report.h"

namespace neuralpower::cli {

Action configure_train(CLI::App& app) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
    TrainOptions train;
  };
  auto options = std::make_shared<Options>();
  options->train.threads = default_threads();
  app.add_option("samples", options->files, "Measured layers: CSV files or stores (.db)")
      ->required();
  app.add_option("-o,--out", options->out, "Device model to write")->required();
  app.add_option("--device", options->train.device, "Name of the device")->required();
  add_training_options(app, options->train);
  app.add_option("--source", options->train.source,
                 "Where the samples come from, for the model file");
  return [options, &app] {
    const auto samples = read_samples(options->files);
    DeviceModel model;
    {
      ProgressBar bar(app);
      model = train_device_model(
          samples, options->train,
          [&](double fraction, const std::string& what) { bar.show(fraction, what); });
    }
    save_device_model(model, options->out);
    RenderOptions render;
    render.width = terminal_width();
    std::cout << render_training(model, render) << "\nwritten to " << options->out << "\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
