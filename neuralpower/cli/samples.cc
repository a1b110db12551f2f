// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <sstream>

#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
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
  return [options] {
    write_samples(options->out, read_samples(options->files));
    return 0;
  };
}

}  // namespace neuralpower::cli
