// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <sstream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/importers/writers/write_layers.h"
#include "neuralpower/importers/writers/write_onnx.h"

namespace neuralpower::cli {

Action configure_convert(CLI::App& app) {
  struct Options {
    std::string model, out;
    std::int64_t batch = 0;
    ShapeOption shape;
  };
  auto options = std::make_shared<Options>();
  app.add_option("model", options->model, "Network file of any known format")->required();
  app.add_option("-o,--out", options->out,
                 "File to write: .onnx (shapes without weights) or .layers")
      ->required();
  app.add_option("--batch", options->batch, "Batch size, instead of the file's")
      ->check(CLI::PositiveNumber);
  options->shape.add_to(app);
  return [options] {
    ImportOptions import;
    if (options->batch > 0) import.batch = options->batch;
    options->shape.apply_to(import);
    const Network network = read_network(options->model, import);
    if (options->out.ends_with(".onnx")) {
      write_onnx(options->out, network);
    } else if (options->out.ends_with(".layers")) {
      std::ostringstream text;
      write_layers(text, network);
      write_file_atomically(options->out, text.str());
    } else {
      throw usage_error("--out " + options->out + " should end in .onnx or .layers");
    }
    std::cout << options->out << ": " << network.layers.size() << " layers\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
