// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/cost.h"

#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/limits.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/report/sweep_report.h"

namespace neuralpower::cli {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string device, batches, energy, latency, idle_power, currency;
  std::optional<double> price, intensity, utilisation, overhead;
  double items = 1e6;
  FormatOption format;
};

Tariff tariff_of(const Options& options) {
  if (!options.price && !options.intensity)
    throw usage_error(
        "give --price (money for a kWh) or --intensity (grams of CO2 for a kWh); none is assumed");
  Tariff tariff;
  tariff.price_per_kwh = options.price;
  tariff.grams_co2_per_kwh = options.intensity;
  tariff.utilisation = options.utilisation;
  tariff.overhead = options.overhead;
  tariff.items = options.items;
  if (!options.idle_power.empty())
    tariff.idle_power = parse_power("--idle-power", options.idle_power);
  return tariff;
}

std::vector<Cost> costs_of(const Options& options, const Tariff& tariff) {
  if (!options.energy.empty()) {
    if (!options.models.empty() || !options.device.empty())
      throw usage_error("give either networks and --device, or --energy of one item");
    const Joules energy = parse_energy("--energy", options.energy);
    std::optional<Seconds> time;
    if (!options.latency.empty()) time = parse_latency("--time", options.latency);
    return {cost_of("given", {energy, energy, energy}, time, tariff)};
  }
  if (options.models.empty() || options.device.empty())
    throw usage_error("give networks and --device, or the measured --energy of one item");
  const Predictor predictor(find_device_model(options.device));
  std::vector<std::int64_t> batches = parse_batches(options.batches);
  if (batches.empty()) batches.push_back(0);  // the file's own
  std::vector<Cost> costs;
  for (const std::string& model : options.models)
    for (const std::int64_t batch : batches) {
      ImportOptions import;
      if (batch > 0) import.batch = batch;
      const Network network = read_network(model, import);
      try {
        costs.push_back(cost_of(predictor.predict(network), tariff));
      } catch (Error& error) {
        throw error.in_file(model);
      }
    }
  return costs;
}

}  // namespace

Action configure_cost(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("models", options->models, "Network files");
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one");
  app.add_option("--batch", options->batches, "Batch sizes: 8 or 1,8,64");
  app.add_option("--energy", options->energy, "Measured energy of one item, in place of networks");
  app.add_option("--time", options->latency, "Measured time of one item, beside --energy: 3ms");
  app.add_option("--price", options->price, "Money for a kWh");
  app.add_option("--currency", options->currency, "What the price is in: EUR");
  app.add_option("--intensity", options->intensity, "Grams of CO2 for a kWh");
  app.add_option("--idle-power", options->idle_power, "Of the device without any work: 40W");
  app.add_option("--utilisation", options->utilisation,
                 "Share of the time in which the device runs, 0 to 1");
  app.add_option("--overhead", options->overhead,
                 "Power usage effectiveness of the site, such as 1.3");
  app.add_option("--items", options->items, "Number of inferences")->capture_default_str();
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    const std::vector<Cost> costs = costs_of(*options, tariff_of(*options));
    std::cout << render_costs(costs, options->currency, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
