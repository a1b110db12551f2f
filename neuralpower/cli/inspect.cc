// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/api/inputs.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/model/prediction/stack.h"
#include "neuralpower/network/blocks.h"
#include "neuralpower/network/fusion.h"
#include "neuralpower/report/inspect_report.h"

namespace neuralpower::cli {

Action configure_inspect(CLI::App& app) {
  struct Options {
    std::string file;
    std::int64_t batch = 0;
    bool fused = false;
    std::string device;
    ShapeOption shape;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option(
         "model", options->file,
         "Network file (ONNX, Caffe prototxt, Paleo JSON, .layers), or a CSV with a `layer` column")
      ->required();
  app.add_option("--batch", options->batch, "Batch size, instead of the file's")
      ->check(CLI::PositiveNumber);
  app.add_flag("--fused", options->fused,
               "See patterns that exporters split as the layers they are, and list them");
  app.add_option("--device", options->device,
                 "See the network as a device model's software stack runs it: fused by its rules");
  options->shape.add_to(app);
  options->format.add_to(app, {"table", "json", "csv"});
  return [options] {
    ImportOptions import;
    if (options->batch > 0) import.batch = options->batch;
    options->shape.apply_to(import);
    std::vector<SkippedLayer> skipped;
    import.on_skipped = [&](const SkippedLayer& layer) { skipped.push_back(layer);
  };
  FusedNetwork result{read_network(options->file, import), {}, {}};
  if (!options->device.empty()) {
    result = run_as_stack(result.network, find_device_model(options->device));
  } else if (options->fused) {
    result = fuse_patterns(result.network);
    result.blocks = find_blocks(result.network);
  }
  write_network(std::cout, result, options->format.render_options(), skipped);
  return 0;
};
}

}  // namespace neuralpower::cli
