// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/hardware.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/measure/network_measurement.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/report/comparison_report.h"

namespace neuralpower::cli {

Action configure_compare(CLI::App& app) {
  struct Options {
    std::vector<std::string> models;
    std::string device, batches;
    bool layers = false;
    HardwareOptions hardware;
    NetworkMeasureOptions measure;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("models", options->models, "Network files")->required();
  app.add_option("--device", options->device, "Device model of this machine")->required();
  app.add_option("--batch", options->batches, "Batch sizes: 8 or 1,8");
  app.add_flag("--layers", options->layers, "Also print each layer");
  app.add_option("--passes", options->measure.passes, "Passes through each network")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  options->hardware.add_to(app);
  options->format.add_to(app, {"table", "json"});
  return [options, &app] {
    const Predictor predictor(find_device_model(options->device));
    const auto hardware = open_hardware(options->hardware);
    const auto priority = take_priority();
    std::vector<std::int64_t> batches = parse_batches(options->batches);
    if (batches.empty()) batches.push_back(0);
    std::vector<Comparison> comparisons;
    ProgressBar bar(app);
    const double count = static_cast<double>(options->models.size() * batches.size());
    for (const std::string& model : options->models)
      for (const std::int64_t batch : batches) {
        bar.show(static_cast<double>(comparisons.size()) / count,
                 options->measure.budget * (count - static_cast<double>(comparisons.size())),
                 model);
        ImportOptions import;
        if (batch > 0) import.batch = batch;
        const Network network = read_network(model, import);
        Comparison comparison;
        comparison.predicted = predictor.predict(network);
        comparison.measured =
            measure_network(network, *hardware->backend, hardware->clock, hardware->meter.get(),
                            options->measure, hardware->no_meter_reason);
        for (const Layer& layer : network.layers)
          comparison.layers_trained_on += predictor.was_trained_on(layer.config);
        comparisons.push_back(std::move(comparison));
      }
    std::cout << render_comparison(comparisons, options->layers, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
