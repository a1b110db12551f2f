// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/network_files.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/model/training/from_networks.h"
#include "neuralpower/report/evaluation_report.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {

namespace {

struct Options {
  SamplesOption samples;
  std::string out, from, networks;
  std::vector<std::string> models;
  TrainOptions train;
};

void check(const Options& options) {
  if (options.networks.empty()) {
    if (!options.models.empty())
      throw usage_error("--models are the files of measured networks: give --networks too");
    if (options.samples.files.empty())
      throw usage_error("nothing to learn from: give samples, or --networks and --models");
    return;
  }
  if (options.models.empty())
    throw usage_error("--networks needs the networks' files: give them with --models");
  if (!options.from.empty())
    throw usage_error("--from adapts to measured layers; it cannot be used with --networks");
}

int train_on_totals(const Options& options) {
  const auto networks = read_networks_csv(options.networks);
  const NetworkTraining training =
      train_on_networks(match_networks(networks, read_measured_networks(options.models, networks)),
                        options.samples.read(), options.train);
  save_device_model(training.model, options.out);
  RenderOptions render;
  render.width = terminal_width();
  std::cout << render_evaluation(training.held_out, render) << "\nwritten to " << options.out
            << "\n";
  return 0;
}

}  // namespace

Action configure_train(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->train.threads = default_threads();
  options->samples.add_to(app, false);
  app.add_option("-o,--out", options->out, "Device model to write")->required();
  app.add_option("--device", options->train.device, "Name of the device")->required();
  add_training_options(app, options->train);
  app.add_option("--source", options->train.source,
                 "Where the samples come from, for the model file");
  app.add_option("--from", options->from,
                 "Adapt this device model, of another device, instead of starting from nothing: "
                 "for when few layers are measured");
  app.add_option("--networks", options->networks,
                 "Whole networks measured: learn from their totals, with or without measured "
                 "layers; CSV: network,batch,repetition,runtime_ms,power_w,energy_j");
  app.add_option("--models", options->models,
                 "Network files of the networks in --networks (alexnet.onnx for alexnet)");
  return [options, &app] {
    check(*options);
    if (!options->networks.empty()) return train_on_totals(*options);
    if (!options->from.empty())
      options->train.from = std::make_shared<const DeviceModel>(find_device_model(options->from));
    const auto samples = options->samples.read();
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
