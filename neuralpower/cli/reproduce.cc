// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/reproduce.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/decide/search.h"
#include "neuralpower/report/figures.h"
#include "neuralpower/report/reproduce_report.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {
namespace {

// The paper's figure 1: random networks for CIFAR-10, of which this device model knows the cost.
// Empty where the shipped space is not installed.
std::string random_networks_figure(const Predictor& predictor) {
  const auto file = published_folder() / "../../examples/spaces/cifar10-random.space";
  if (!std::filesystem::exists(file)) return "";
  const Space space = load_space(file);
  const bool energy = predictor.model().no_power.empty();
  SearchOptions how;
  how.mode = SearchOptions::Mode::kSample;
  how.count = how.keep_seen = 1000;
  how.allow_uncovered = true;
  how.by = energy ? Objective::kEnergy : Objective::kLatency;
  how.objectives = {how.by, Objective::kMacs};
  return search_figure(space, search(space, predictor, how), how);
}

// Of the published tables, the device's, and polynomials of each degree fitted to its samples.
void write_figures(const std::string& folder, const std::vector<Reproduction>& all,
                   const std::vector<Sample>& samples, const Predictor& predictor) {
  constexpr int kHighestDegree = 4;
  constexpr std::uint64_t kSeed = 1;
  std::map<std::string, std::string> figures = reproduction_figures(all.front(), all.back());
  figures.merge(degree_figures(degree_errors(samples, kHighestDegree, kSeed, default_threads()),
                               all.back().device));
  if (std::string figure = random_networks_figure(predictor); !figure.empty())
    figures["random-networks.svg"] = std::move(figure);
  std::filesystem::create_directories(folder);
  for (const auto& [name, svg] : figures)
    write_file_atomically(std::filesystem::path(folder) / name, svg);
}

}  // namespace

Action configure_reproduce(CLI::App& app) {
  struct Options {
    SamplesOption samples;
    std::string device, networks, sheet, errors, figures;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  options->samples.add_to(app, false);
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one");
  app.add_option("--networks", options->networks, "CSV of whole networks measured");
  app.add_option("--paleo", options->sheet, "Data sheet of the device, to set Paleo beside");
  app.add_option("--errors", options->errors, "CSV with columns name,error, for the ranking");
  app.add_option("--figures", options->figures, "Folder for the figures of the device, as SVG");
  options->format.add_to(app, {"table", "json"});
  return [options] {
    std::vector<Reproduction> all = {read_published(published_folder())};
    std::vector<Sample> samples;
    const bool own = !options->device.empty();
    if (!own && (!options->samples.files.empty() || !options->networks.empty() ||
                 !options->sheet.empty() || !options->errors.empty()))
      throw usage_error("samples and networks need --device, the model to compare them with");
    std::optional<Predictor> model;
    if (own) {
      const Predictor& predictor = model.emplace(find_device_model(options->device));
      std::optional<PaleoDevice> sheet;
      if (!options->sheet.empty()) sheet = find_device_spec(options->sheet);
      std::vector<NetworkSample> networks;
      if (!options->networks.empty()) networks = read_networks_csv(options->networks);
      std::map<std::string, ErrorRate> errors;
      if (!options->errors.empty()) errors = read_errors_csv(options->errors);
      samples = options->samples.read();
      all.push_back(reproduce(predictor, samples, networks, sheet, errors));
    }
    if (!options->figures.empty()) {
      if (!own) throw usage_error("--figures needs --device, the model to draw");
      write_figures(options->figures, all, samples, *model);
    }
    std::cout << render_reproductions(all, options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
