// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "neuralpower/api/version.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/limits.h"
#include "neuralpower/cli/network_error.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/showing.h"
#include "neuralpower/decide/layer_limit.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/report/html_report.h"

namespace neuralpower::cli {
namespace {

struct Options {
  std::vector<std::string> files, devices, measured;
  std::string batches, errors, alphas = "1,2,3,4", out = "report.html";
  ShapeOption shape;
};

struct ReportInputs {
  std::vector<std::unique_ptr<Predictor>> predictors;  // one a device
  std::vector<std::vector<Sample>> samples;            // one a device, or fewer
  std::vector<std::int64_t> batches;                   // 0: the file's own
};

ReportInputs read_inputs(const Options& options) {
  if (options.files.size() * options.devices.size() > ReportDocument::kMostCompared)
    throw usage_error(
        fmt::format("{} networks on {} devices are too many for one page; it compares "
                    "at most {} pairs of them",
                    options.files.size(), options.devices.size(), ReportDocument::kMostCompared));
  if (options.measured.size() > options.devices.size())
    throw usage_error(
        "more --measured files than devices; give one for each --device, in the same order");
  ReportInputs inputs;
  for (const std::string& device : options.devices)
    inputs.predictors.push_back(std::make_unique<Predictor>(find_device_model(device)));
  for (const std::string& file : options.measured) inputs.samples.push_back(read_samples({file}));
  inputs.batches = parse_batches(options.batches);
  if (inputs.batches.empty()) inputs.batches.push_back(0);
  return inputs;
}

// The name a network goes by on the page: its own, or its file's where two are called the same.
std::string name_for(const Network& network, const std::string& file,
                     const std::vector<std::string>& taken) {
  const auto is_free = [&](const std::string& name) {
    return std::find(taken.begin(), taken.end(), name) == taken.end();
  };
  if (is_free(network.name)) return network.name;
  return is_free(file) ? file : fmt::format("{} ({})", file, taken.size() + 1);
}

void add_network(ReportDocument& page, const std::string& file, const Options& options,
                 const ReportInputs& inputs) {
  const std::size_t index = page.networks.size();
  for (const std::int64_t batch : inputs.batches) {
    ImportOptions import;
    if (batch > 0) import.batch = batch;
    options.shape.apply_to(import);
    const Network network = read_network(file, import);
    check_layer_count(network, "report", file);
    if (page.networks.size() == index)
      page.networks.push_back(name_for(network, file, page.networks));
    for (std::size_t d = 0; d < inputs.predictors.size(); ++d) {
      const Predictor& predictor = *inputs.predictors[d];
      ReportedRun run = reported_run(network, predictor.predict(network));
      run.network = index;
      run.device = d;
      if (d < inputs.samples.size()) add_measurements(run, inputs.samples[d], predictor);
      page.runs.push_back(std::move(run));
    }
  }
}

// Networks by error and energy, on the first device at the first batch size.
Ranking rank_networks(const ReportDocument& page, const Options& options) {
  const auto errors = read_errors_csv(options.errors);
  std::vector<Candidate> candidates;
  for (std::size_t n = 0; n < page.networks.size(); ++n) {
    const auto run = std::find_if(page.runs.begin(), page.runs.end(), [&](const ReportedRun& r) {
      return r.network == n && r.device == 0;
    });
    try {
      Network named;
      named.name = run->prediction.network;
      candidates.push_back(
          to_candidate(run->prediction, page.networks[n],
                       find_error(errors, options.errors, options.files[n], named)));
    } catch (Error& error) {
      throw error.in_file(options.files[n]);
    }
  }
  RankOptions rank_options;
  rank_options.alphas = parse_numbers("--alpha", options.alphas);
  return rank(std::move(candidates), rank_options);
}

std::string summary(const Options& options, const ReportDocument& page) {
  std::string text =
      fmt::format("{}: {} {} on {} {}", options.out, page.networks.size(),
                  page.networks.size() == 1 ? "network" : "networks", page.devices.size(),
                  page.devices.size() == 1 ? "device" : "devices");
  if (options.measured.empty()) return text;
  std::size_t layers = 0, measured = 0;
  for (const ReportedRun& run : page.runs) {
    layers += run.prediction.layers.size();
    for (const auto& layer : run.measured) measured += layer ? 1 : 0;
  }
  return text + fmt::format(", {} of {} layers measured", measured, layers);
}

}  // namespace

Action configure_report(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("models", options->files, "Network files")->required();
  app.add_option(
         "--device", options->devices,
         "Device model: a file, or the name of a shipped one; again or with commas for more")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--batch", options->batches, "Batch sizes: 8 or 1,8,64");
  app.add_option("--measured", options->measured,
                 "Samples to compare with (CSV or store): one for each --device, in their order")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--errors", options->errors,
                 "CSV with columns name,error: ranks the networks on the first device");
  app.add_option("--alpha", options->alphas, "How much precision counts in the ranking")
      ->capture_default_str();
  options->shape.add_to(app);
  app.add_option("-o,--out", options->out, "File to write")->capture_default_str();
  return [options] {
    const ReportInputs inputs = read_inputs(*options);
    ReportDocument page;
    page.program = std::string("neuralpower ") + version();
    for (const auto& predictor : inputs.predictors)
      page.devices.push_back(describe_device(predictor->model()));
    for (const std::string& file : options->files) add_network(page, file, *options, inputs);
    if (!options->errors.empty()) page.ranking = rank_networks(page, *options);
    write_file_atomically(options->out, render_html(page));
    std::cout << summary(*options, page) << "\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
