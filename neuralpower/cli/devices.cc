// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/report/device_report.h"

namespace neuralpower::cli {

Action configure_devices(CLI::App& app) {
  auto format = std::make_shared<FormatOption>();
  format->add_to(app, {"table", "json"});
  return [format] {
    const ShippedDevices shipped = shipped_devices();
    std::vector<NamedDeviceModel> models;
    for (const auto& file : shipped.models)
      models.push_back({file.stem().string(), load_device_model(file)});
    std::vector<NamedPaleoDevice> specs;
    for (const auto& file : shipped.specs)
      specs.push_back({file.stem().string(), load_paleo_device(file)});
    std::cout << render_devices(models, specs, format->render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
