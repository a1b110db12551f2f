// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/search.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/limits.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/decide/candidate.h"
#include "neuralpower/decide/error_process.h"
#include "neuralpower/decide/search_state.h"
#include "neuralpower/decide/ties.h"
#include "neuralpower/report/figures.h"
#include "neuralpower/report/search_report.h"

namespace neuralpower::cli {
namespace {

constexpr std::size_t kLargestState = std::size_t{8} << 20;

struct Options {
  std::string space, device, objectives, by, errors, predictor, shard, state, write, plot;
  std::vector<std::string> merge;
  std::uint64_t sample = 0, evolve = 0, seed = 1;
  std::size_t top = 10;
  unsigned threads = default_threads();
  int patience_s = 60;
  bool allow_uncovered = false;
  LimitOptions limits;
  FormatOption format;
};

// Errors by the architecture's description.
ErrorSource errors_from(const std::string& file) {
  auto errors = std::make_shared<std::map<std::string, ErrorRate>>(read_errors_csv(file));
  return [errors](const std::vector<std::string>& names) {
    std::vector<std::optional<double>> values;
    for (const std::string& name : names) {
      const auto found = errors->find(name);
      values.push_back(found == errors->end() ? std::nullopt : std::optional(found->second.value));
    }
    return values;
  };
}

SearchOptions search_options(const Options& options) {
  SearchOptions s;
  if (options.sample > 0 && options.evolve > 0)
    throw usage_error("give --sample or --evolve, not both");
  if (options.sample > 0) s.mode = SearchOptions::Mode::kSample;
  if (options.evolve > 0) s.mode = SearchOptions::Mode::kEvolve;
  s.count = options.sample + options.evolve;
  s.seed = options.seed;
  s.threads = options.threads;
  s.top = options.top;
  s.limits = options.limits.limits();
  s.allow_uncovered = options.allow_uncovered;
  constexpr std::uint64_t kDrawn = 1000;
  if (!options.plot.empty()) s.keep_seen = kDrawn;
  if (!options.errors.empty() && !options.predictor.empty())
    throw usage_error("give --errors or --predictor, not both");
  if (!options.errors.empty()) s.errors = errors_from(options.errors);
  if (!options.predictor.empty()) {
    auto process =
        std::make_shared<ErrorProcess>(options.predictor, std::chrono::seconds(options.patience_s));
    s.errors = [process](const std::vector<std::string>& names) { return process->errors(names); };
  }
  if (s.errors) s.objectives = {Objective::kError, Objective::kEnergy};
  if (!options.objectives.empty()) {
    s.objectives.clear();
    for (std::string_view name : split(options.objectives, ','))
      s.objectives.push_back(parse_objective(trim(name)));
  }
  if (!options.by.empty()) s.by = parse_objective(options.by);
  if (!options.shard.empty()) {
    const auto parts = split(options.shard, '/');
    const auto k = parse_int(parts.front()), n = parse_int(parts.back());
    if (parts.size() != 2 || !k || !n || *k < 1 || *n < *k)
      throw usage_error("--shard " + options.shard + " is not K/N, such as 3/16");
    s.shard = static_cast<std::uint64_t>(*k - 1);
    s.shards = static_cast<std::uint64_t>(*n);
  }
  return s;
}

// What must be equal for two runs to be parts of one search.
std::string fingerprint_of(const Options& o, const DeviceModel& device) {
  const std::string all = read_file(o.space) + "\n" + to_json_text(device) + "\n" + o.objectives +
                          "\n" + o.by + "\n" + o.errors + "\n" + o.predictor + "\n" +
                          o.limits.latency + "\n" + o.limits.power + "\n" + o.limits.energy + "\n" +
                          std::to_string(o.sample) + " " + std::to_string(o.evolve) + " " +
                          std::to_string(o.seed) + " " + std::to_string(o.top) +
                          (o.allow_uncovered ? " uncovered" : "");
  return configuration_hash(all);
}

SearchResult read_state(const Space& space, const std::string& file,
                        const std::string& fingerprint) {
  try {
    return parse_search_state(space, read_file(file, kLargestState), fingerprint);
  } catch (Error& error) {
    throw error.in_file(file);
  }
}

// Goes on from the state file, if there is one, and keeps it up to date.
SearchResult search_with_state(const Options& options, const Space& space,
                               const Predictor& predictor, const SearchOptions& how,
                               const std::string& fingerprint) {
  SearchResult start;
  if (!options.state.empty() && std::filesystem::exists(options.state))
    start = read_state(space, options.state, fingerprint);
  auto saved = std::chrono::steady_clock::now();
  const auto save = [&](const SearchResult& result) {
    constexpr std::chrono::seconds kBetweenStates(5);
    const auto now = std::chrono::steady_clock::now();
    if (!options.state.empty() && (now - saved > kBetweenStates || result.next == result.end)) {
      write_file_atomically(options.state, search_state(result, fingerprint));
      saved = now;
    }
    return true;
  };
  try {
    return search(space, predictor, how, save, std::move(start));
  } catch (Error& error) {
    throw error.in_file(options.space);
  }
}

// The states of all shards as one result.
SearchResult merge_shards(const Options& options, const Space& space, const SearchOptions& how,
                          const std::string& fingerprint) {
  std::map<std::uint64_t, SearchResult> parts;  // by where they begin
  SearchResult whole = whole_search(space, how);
  std::uint64_t done = 0;
  for (const std::string& file : options.merge) {
    SearchResult part = read_state(space, file, fingerprint);
    const std::uint64_t begin = part.begin;
    done += part.next - part.begin;
    if (!parts.emplace(begin, std::move(part)).second)
      throw usage_error("is a shard that was given already").in_file(file);
  }
  for (const auto& [begin, part] : parts) merge_results(whole, part, how);
  whole.next = whole.begin + std::min(done, whole.end - whole.begin);
  return whole;
}

void write_layer_lists(const std::string& folder, const Space& space, const Predictor& predictor,
                       const SearchResult& result) {
  const SpaceEvaluator evaluator(space, predictor);
  std::filesystem::create_directories(folder);
  for (const FoundArchitecture& f : result.front)
    write_file_atomically(std::filesystem::path(folder) / (std::to_string(f.index) + ".layers"),
                          evaluator.layer_list(f.architecture));
}

}  // namespace

Action configure_search(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("space", options->space, "Space of architectures, such as examples/spaces/*.space")
      ->required();
  app.add_option("--device", options->device, "Device model: a file, or the name of a shipped one")
      ->required();
  app.add_option("--sample", options->sample, "Random architectures, in place of all");
  app.add_option("--evolve", options->evolve, "Steps of evolution, in place of all");
  app.add_option("--seed", options->seed, "Of sampling and evolution")->capture_default_str();
  app.add_option(
      "--objectives", options->objectives,
      "Of the Pareto front: energy, latency, power, error, macs, params; macs and params "
      "are to be large");
  app.add_option("--by", options->by, "Objective of the best few (energy)");
  app.add_option("--top", options->top, "How many of the best to keep")->capture_default_str();
  app.add_option("--errors", options->errors,
                 "CSV with columns name,error; a name is an architecture as printed here");
  app.add_option(
      "--predictor", options->predictor,
      "Command that reads architectures, one a line, and answers an error (0 to 1) each");
  app.add_option("--patience", options->patience_s, "Seconds the predictor may take to answer")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  app.add_option("--shard", options->shard, "This run's part: K/N");
  app.add_option("--state", options->state, "File to go on from, and to write now and then");
  app.add_option("--merge", options->merge, "States of all shards, to put together");
  app.add_option("--write", options->write, "Folder for the front as layer lists");
  app.add_option("--plot", options->plot, "File for a figure of front and candidates, as SVG");
  app.add_option("--threads", options->threads, "Threads; results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_flag(
      "--allow-uncovered", options->allow_uncovered,
      "Take estimates of layers that the device model does not cover, and leave out the cost "
      "of those that it cannot estimate");
  options->limits.add_to(app);
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    SearchOptions how = search_options(*options);
    const Space space = load_space(options->space);
    const Predictor predictor(find_device_model(options->device));
    const std::string fingerprint = fingerprint_of(*options, predictor.model());
    if (!predictor.model().no_power.empty()) {  // then energy is no objective
      if (options->by.empty()) how.by = Objective::kLatency;
      if (options->objectives.empty())
        std::replace(how.objectives.begin(), how.objectives.end(), Objective::kEnergy,
                     Objective::kLatency);
    }
    SearchResult result = options->merge.empty()
                              ? search_with_state(*options, space, predictor, how, fingerprint)
                              : merge_shards(*options, space, how, fingerprint);
    mark_ties(space, predictor, how, result);
    if (!options->write.empty()) write_layer_lists(options->write, space, predictor, result);
    if (!options->plot.empty())
      write_file_atomically(options->plot, search_figure(space, result, how));
    std::cout << render_search(space, result, how, options->format.render_options());
    return result.front.empty() ? 1 : 0;
  };
}

}  // namespace neuralpower::cli
