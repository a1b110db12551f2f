// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/explain.h"

#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/explain_report.h"

namespace neuralpower::cli {

Action configure_explain(CLI::App& app) {
  struct Options {
    std::string device, layer;
    std::vector<std::string> samples;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("device", options->device, "Device model: a file, or the name of a shipped one")
      ->required();
  app.add_option("layer", options->layer, "The layer's text, in quotes")->required();
  app.add_option("--samples", options->samples, "Measured layers to look for similar ones in");
  options->format.add_to(app, {"table", "json"});
  return [options] {
    const Predictor predictor(find_device_model(options->device));
    const auto samples =
        options->samples.empty() ? std::vector<Sample>{} : read_samples(options->samples);
    std::cout << render_explanation(explain(predictor, parse_layer(options->layer), samples),
                                    options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
