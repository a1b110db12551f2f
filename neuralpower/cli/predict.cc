// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/predict.h"

#include <functional>
#include <iostream>
#include <memory>

#include "neuralpower/api/version.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/html_report.h"
#include "neuralpower/report/prediction_report.h"

namespace neuralpower::cli {
Action configure_predict(CLI::App& app) {
  struct Options {
    std::string model, device, batches, method;
    bool layers = false;
    ShapeOption shape;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("model", options->model,
                 "Network file, or a CSV with a `layer` column taken as one network")
      ->required();
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one")
      ->required();
  app.add_option("--batch", options->batches,
                 "Batch sizes: 8 or 1,8,64; several are printed a line each");
  app.add_flag("--layers", options->layers, "The layers too, of each of several batch sizes");
  app.add_option("--method", options->method,
                 "paleo: the analytical baseline, from a device's data sheet alone")
      ->check(CLI::IsMember({"paleo"}));
  options->shape.add_to(app);
  options->format.add_to(app, {"table", "json", "csv", "html"});
  return [options] {
    std::function<NetworkPrediction(const Network&)> predict;
    ReportDocument page;
    if (options->method == "paleo") {
      const PaleoDevice spec = find_device_spec(options->device);
      page.devices = {describe_device(spec)};
      predict = [spec](const Network& network) { return predict_with_paleo(network, spec); };
    } else {
      const auto predictor = std::make_shared<Predictor>(find_device_model(options->device));
      page.devices = {describe_device(predictor->model())};
      predict = [predictor](const Network& network) { return predictor->predict(network); };
    }
    const RenderOptions render = options->format.render_options();
    std::vector<std::int64_t> batches = parse_batches(options->batches);
    std::vector<NetworkPrediction> predictions;
    if (batches.empty()) batches.push_back(0);  // the file's own
    for (const std::int64_t batch : batches) {
      ImportOptions import;
      if (batch > 0) import.batch = batch;
      options->shape.apply_to(import);
      const Network network = read_network(options->model, import);
      predictions.push_back(predict(network));
      if (render.format != OutputFormat::kHtml) continue;
      page.networks = {network.name};
      page.runs.push_back(reported_run(network, predictions.back()));
    }
    page.program = std::string("neuralpower ") + version();
    if (render.format == OutputFormat::kHtml)
      std::cout << render_html(page);
    else
      write_predictions(std::cout, predictions, render, options->layers);
    return 0;
  };
}

}  // namespace neuralpower::cli
