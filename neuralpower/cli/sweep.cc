// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/sweep.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/limits.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/sweep_report.h"

namespace neuralpower::cli {
namespace {

std::vector<DataType> parse_data_types(const std::string& text) {
  std::vector<DataType> types;
  if (text.empty()) return types;
  for (std::string_view piece : split(text, ',')) {
    const auto type = parse_data_type(trim(piece));
    if (!type) throw usage_error("--dtype " + text + " is not a list of types such as f32,f16");
    types.push_back(*type);
  }
  return types;
}

std::vector<std::int64_t> parse_resolutions(const std::string& text) {
  std::vector<std::int64_t> resolutions;
  if (text.empty()) return resolutions;
  for (std::string_view piece : split(text, ',')) {
    const auto resolution = parse_int(trim(piece));
    if (!resolution || *resolution < 1)
      throw usage_error("--resolution " + text + " is not a list of sizes such as 160,192,224");
    resolutions.push_back(*resolution);
  }
  return resolutions;
}

}  // namespace

Action configure_sweep(CLI::App& app) {
  struct Options {
    std::string model, batches, resolutions, dtypes, widths;
    std::vector<std::string> devices;
    ShapeOption shape;
    LimitOptions limits;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("model", options->model, "Network file")->required();
  app.add_option("--device", options->devices, "Device models: files or names, separated by commas")
      ->required()
      ->delimiter(',');
  app.add_option("--batch", options->batches, "Batch sizes: 1,2,4,8,16,32,64");
  app.add_option("--resolution", options->resolutions, "Image sizes: 160,192,224");
  app.add_option("--width", options->widths, "Channel multipliers: 0.5,0.75,1");
  app.add_option("--dtype", options->dtypes, "Data types: f32,f16");
  options->shape.add_to(app);
  options->limits.add_to(app);
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    SweepOptions sweep_options;
    sweep_options.batches = parse_batches(options->batches);
    sweep_options.resolutions = parse_resolutions(options->resolutions);
    sweep_options.dtypes = parse_data_types(options->dtypes);
    if (!options->widths.empty()) sweep_options.widths = parse_numbers("--width", options->widths);
    for (const double width : sweep_options.widths)
      if (!(width > 0 && width <= 64)) throw usage_error("--width is above 0 and at most 64");
    sweep_options.limits = options->limits.limits();
    options->shape.apply_to(sweep_options.import);
    std::vector<std::unique_ptr<Predictor>> owned;
    std::vector<const Predictor*> devices;
    for (const std::string& device : options->devices) {
      owned.push_back(std::make_unique<Predictor>(find_device_model(device)));
      devices.push_back(owned.back().get());
    }
    const Sweep result = sweep(options->model, sweep_options, devices);
    std::cout << render_sweep(result, options->format.render_options());
    // Exit code 1: the limits leave nothing to choose.
    const bool limited = sweep_options.limits.latency || sweep_options.limits.power ||
                         sweep_options.limits.energy_per_item;
    return limited && std::none_of(result.points.begin(), result.points.end(),
                                   [](const SweepPoint& p) { return p.best; })
               ? 1
               : 0;
  };
}

}  // namespace neuralpower::cli
