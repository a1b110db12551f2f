// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/advise.h"

#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/advise_report.h"

namespace neuralpower::cli {

Action configure_advise(CLI::App& app) {
  struct Options {
    std::string model, device, batches = "1,2,4,8,16,32,64";
    std::int64_t batch = 0;
    std::size_t top = 15;
    ShapeOption shape;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("model", options->model, "Network file")->required();
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one")
      ->required();
  app.add_option("--batch", options->batch, "Batch size to start from (the file's own)")
      ->check(CLI::PositiveNumber);
  app.add_option("--batches", options->batches, "Other batch sizes to try")->capture_default_str();
  app.add_option("--top", options->top, "How many changes to show")->capture_default_str();
  options->shape.add_to(app);
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    AdviseOptions how;
    if (options->batch > 0) how.import.batch = options->batch;
    how.batches = parse_batches(options->batches);
    options->shape.apply_to(how.import);
    const Predictor predictor(find_device_model(options->device));
    const Advices advices = advise(options->model, predictor, how);
    std::cout << render_advice(advices, options->top, options->format.render_options());
    return advices.advice.empty() ? 1 : 0;
  };
}

}  // namespace neuralpower::cli
