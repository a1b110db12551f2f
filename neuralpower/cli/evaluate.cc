// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/evaluate.h"

#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/network_files.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/evaluation_report.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {

Action configure_evaluate(CLI::App& app) {
  struct Options {
    std::string device;
    SamplesOption samples;
    std::string networks;
    std::vector<std::string> models;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("device", options->device, "Device model: a file, or the name of a shipped one")
      ->required();
  options->samples.add_to(app);
  app.add_option(
      "--networks", options->networks,
      "Whole networks measured, CSV: network,batch,repetition,runtime_ms,power_w,energy_j");
  app.add_option(
      "--models", options->models,
      "Network files of the networks in --networks (alexnet.onnx for alexnet): predicted from "
      "the file at each measured batch size");
  options->format.add_to(app, {"table", "json"});
  return [options] {
    const Predictor predictor(find_device_model(options->device));
    const auto samples = options->samples.read();
    const auto networks = options->networks.empty() ? std::vector<NetworkSample>{}
                                                    : read_networks_csv(options->networks);
    std::vector<NetworkPrediction> predictions;
    for (const Network& network : read_measured_networks(options->models, networks))
      predictions.push_back(predictor.predict(network));
    std::cout << render_evaluation(evaluate(predictor, samples, networks, predictions),
                                   options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
