// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <sstream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/samples/merge_stores.h"
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

}  // namespace

Action configure_samples(CLI::App& app) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* export_app = app.add_subcommand("export", "Samples of stores or CSV files as one CSV");
  export_app->add_option("files", options->files, "Stores (.db) or CSV files")->required();
  export_app->add_option("-o,--out", options->out, "CSV to write; standard output if left out");
  CLI::App* networks_app =
      app.add_subcommand("networks", "Whole networks of stores as one CSV, a row for each pass");
  networks_app->add_option("stores", options->files, "Stores (.db)")->required();
  networks_app->add_option("-o,--out", options->out, "CSV to write; standard output if left out");
  CLI::App* merge_app = app.add_subcommand("merge", "Stores into one store, nothing twice");
  merge_app->add_option("stores", options->files, "Stores to read (.db)")->required();
  merge_app->add_option("-o,--out", options->out, "Store to write; one that exists is added to")
      ->required();
  return [options, merge_app, networks_app] {
    if (networks_app->parsed()) {
      write_networks(options->out, options->files);
      return 0;
    }
    if (merge_app->parsed()) {
      merge(options->out, options->files);
    } else {
      write_samples(options->out, read_samples(options->files));
    }
    return 0;
  };
}

}  // namespace neuralpower::cli
