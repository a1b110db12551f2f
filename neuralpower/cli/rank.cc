// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/rank.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/limits.h"
#include "neuralpower/cli/network_error.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/report/figures.h"
#include "neuralpower/report/rank_report.h"

namespace neuralpower::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string errors, device, batch, plot, alphas = "1,2,3,4";
  LimitOptions limits;
  FormatOption format;
};

std::vector<Candidate> predict_candidates(const Options& options) {
  if (options.device.empty())
    throw usage_error("networks need --device, the device model that tells their energy");
  const auto errors = read_errors_csv(options.errors);
  const Predictor predictor(find_device_model(options.device));
  ImportOptions import;
  if (const auto batches = parse_batches(options.batch); !batches.empty()) {
    if (batches.size() > 1) throw usage_error("rank takes one --batch");
    import.batch = batches[0];
  }
  std::vector<Candidate> candidates;
  for (const std::string& file : options.files) {
    const Network network = read_network(file, import);
    std::string name = std::filesystem::path(file).stem().string();
    for (const Candidate& other : candidates)
      if (other.name == name) name = file;
    try {
      candidates.push_back(to_candidate(predictor.predict(network), std::move(name),
                                        find_error(errors, options.errors, file, network)));
    } catch (Error& error) {
      throw error.in_file(file);
    }
  }
  return candidates;
}

std::vector<Candidate> read_candidates(const Options& options) {
  if (!options.errors.empty()) return predict_candidates(options);
  const bool table =
      options.files.size() == 1 &&
      to_lower(std::filesystem::path(options.files[0]).extension().string()) == ".csv";
  if (!table)
    throw usage_error(
        "networks need --errors FILE.csv with columns name,error; a single CSV of "
        "name,error,epi_j needs nothing else");
  if (!options.device.empty() || !options.batch.empty())
    throw usage_error("a table has its energies in it; leave out --device and --batch");
  return read_candidates_csv(options.files[0]);
}

}  // namespace

ErrorRate find_error(const std::map<std::string, ErrorRate>& errors, const std::string& errors_file,
                     const std::string& file, const Network& network) {
  const std::filesystem::path path(file);
  for (const std::string& name :
       {file, path.filename().string(), path.stem().string(), network.name})
    if (const auto found = errors.find(name); found != errors.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, error] : errors) names.push_back(name);
  const auto near = closest_word(path.stem().string(), names);
  throw bad_input("no row for '" + printable(path.stem().string()) + "'" +
                  (near ? "; did you mean '" + printable(*near) + "'?" : ""))
      .in_file(errors_file);
}

Action configure_rank(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("files", options->files,
                 "Network files; or one CSV with columns name,error,epi_j (error a fraction)")
      ->required();
  app.add_option("--errors", options->errors, "CSV with columns name,error: one row a network");
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one");
  app.add_option("--batch", options->batch, "Batch size to predict with");
  app.add_option("--alpha", options->alphas, "How much precision counts: 1 or 1,2,3,4")
      ->capture_default_str();
  app.add_option("--plot", options->plot, "File for a figure of error and energy, as SVG");
  options->limits.add_to(app);
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    RankOptions rank_options;
    rank_options.alphas = parse_numbers("--alpha", options->alphas);
    rank_options.limits = options->limits.limits();
    const Ranking ranking = rank(read_candidates(*options), rank_options);
    if (!options->plot.empty()) write_file_atomically(options->plot, ranking_figure(ranking));
    std::cout << render_ranking(ranking, options->format.render_options());
    // Exit code 1: the question was understood, and no network keeps the limits.
    return std::all_of(ranking.networks.begin(), ranking.networks.end(),
                       [](const RankedNetwork& n) { return !n.excluded.empty(); })
               ? 1
               : 0;
  };
}

}  // namespace neuralpower::cli
