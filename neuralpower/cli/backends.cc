// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/backends.h"

#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/hardware_report.h"

namespace neuralpower::cli {

Action configure_backends(CLI::App& app) {
  auto format = std::make_shared<FormatOption>();
  format->add_to(app, {"table", "json"});
  return [format] {
    std::cout << render_backends(backends(), format->render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
