// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <sstream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/profile_report.h"
#include "neuralpower/samples/merge_stores.h"
#include "neuralpower/samples/one_pace.h"
#include "neuralpower/samples/profiles/match.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {
namespace {

void write_samples(const std::string& file, const std::vector<Sample>& samples) {
  std::ostringstream text;
  write_samples_csv(text, samples);
  if (file.empty()) {
    std::cout << text.str();
  } else {
    write_file_atomically(file, text.str());
    std::cout << samples.size() << " samples written to " << file << "\n";
  }
}

void write_networks(const std::string& file, const std::vector<std::string>& stores) {
  std::vector<NetworkSample> networks;
  for (const std::string& store : stores)
    for (NetworkSample& network : SampleStore::open(store, true).networks())
      networks.push_back(std::move(network));
  std::ostringstream text;
  write_networks_csv(text, networks);
  if (file.empty()) {
    std::cout << text.str();
  } else {
    write_file_atomically(file, text.str());
    std::cout << networks.size() << " passes written to " << file << "\n";
  }
}

void merge(const std::string& out, const std::vector<std::string>& files) {
  for (const std::string& file : files)  // before anything is written
    if (std::filesystem::exists(file) && !is_sample_store(file))
      throw bad_input(
          "no sample store; CSV files are joined by 'neuralpower samples export A.csv B.csv -o "
          "C.csv'")
          .in_file(file);
  SampleStore into = SampleStore::open(out);
  for (const std::string& file : files) {
    try {
      SampleStore from = SampleStore::open(file, true);
      const MergeResult result = merge_stores(into, from);
      std::cout << file << ": " << result.measurements << " layers added, " << result.duplicates
                << " were there already\n";
    } catch (Error& error) {
      error.in_file(file);
      throw;
    }
  }
}

std::vector<Sample> samples_to_export(const std::vector<std::string>& files, bool one_pace) {
  std::vector<Sample> samples = read_samples(files);
  if (one_pace && to_one_pace(samples) == 0)
    throw bad_input(
        "--one-pace: no row has pace_arithmetic_us, the machine's pace, which 'neuralpower "
        "measure' "
        "records on processors");
  return samples;
}

// Options of `samples import`.
struct ProfileImport {
  std::vector<std::string> profiles;
  std::string model, out, networks_out;
  std::int64_t batch = 0;
  ShapeOption shape;
};

CLI::App* add_import(CLI::App& app, ProfileImport& import) {
  std::string tools;
  for (const ProfileFormat& format : profile_formats())
    tools += (tools.empty() ? "" : "; ") + std::string(format.what);
  CLI::App* sub = app.add_subcommand("import", "What other tools measured, as samples");
  sub->add_option("profiles", import.profiles, "Profiles of one network, plain or gzip: " + tools)
      ->required();
  sub->add_option("--model", import.model, "The network's file, in which their nodes are found")
      ->required();
  sub->add_option("-o,--out", import.out, "CSV to write; standard output if left out");
  sub->add_option("--networks-out", import.networks_out,
                  "CSV of whole runs to write, if the profiles tell them");
  sub->add_option("--batch", import.batch, "Batch size that was profiled, instead of the file's")
      ->check(CLI::PositiveNumber);
  import.shape.add_to(*sub);
  return sub;
}

void import_profiles(const ProfileImport& import) {
  ImportOptions options;
  if (import.batch > 0) options.batch = import.batch;
  import.shape.apply_to(options);
  const Network network = read_network(import.model, options);
  std::vector<Sample> samples;
  std::vector<NetworkSample> runs;
  std::ostream& report = import.out.empty() ? std::cerr : std::cout;
  for (const std::string& file : import.profiles) {
    const Profile profile = read_profile(file);
    ProfileMatch match;
    try {
      match = match_profile(profile, network);
    } catch (Error& error) {
      error.in_file(file);
      throw;
    }
    report << render_profile_match(file, profile, match);
    samples.insert(samples.end(), match.samples.begin(), match.samples.end());
    runs.insert(runs.end(), match.runs.begin(), match.runs.end());
  }
  if (!import.networks_out.empty()) {
    std::ostringstream text;
    write_networks_csv(text, runs);
    write_file_atomically(import.networks_out, text.str());
  }
  write_samples(import.out, samples);
}

}  // namespace

Action configure_samples(CLI::App& app) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
    bool one_pace = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* export_app = app.add_subcommand("export", "Samples of stores or CSV files as one CSV");
  export_app->add_option("files", options->files, "Stores (.db) or CSV files")->required();
  export_app->add_option("-o,--out", options->out, "CSV to write; standard output if left out");
  export_app->add_flag("--one-pace", options->one_pace,
                       "Runtimes as if the machine had been equally fast throughout, by the pace "
                       "that 'measure' records");
  CLI::App* networks_app =
      app.add_subcommand("networks", "Whole networks of stores as one CSV, a row for each pass");
  networks_app->add_option("stores", options->files, "Stores (.db)")->required();
  networks_app->add_option("-o,--out", options->out, "CSV to write; standard output if left out");
  CLI::App* merge_app = app.add_subcommand("merge", "Stores into one store, nothing twice");
  merge_app->add_option("stores", options->files, "Stores to read (.db)")->required();
  merge_app->add_option("-o,--out", options->out, "Store to write; one that exists is added to")
      ->required();
  const auto import = std::make_shared<ProfileImport>();
  CLI::App* import_app = add_import(app, *import);
  return [options, import, merge_app, import_app, networks_app] {
    if (import_app->parsed()) {
      import_profiles(*import);
    } else if (networks_app->parsed()) {
      write_networks(options->out, options->files);
    } else if (merge_app->parsed()) {
      merge(options->out, options->files);
    } else {
      write_samples(options->out, samples_to_export(options->files, options->one_pace));
    }
    return 0;
  };
}

}  // namespace neuralpower::cli
