// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/cli/command.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/meters/meters.h"
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

Action configure_meters(CLI::App& app) {
  auto format = std::make_shared<FormatOption>();
  format->add_to(app, {"table", "json"});
  return [format] {
    SteadyClock clock;
    std::vector<MeterStatus> found;
    for (const MeterRow& row : meters()) {
      const MeterOrReason meter = row.open({}, clock);
      MeterStatus status{row.name, row.what, false, ""};
      if (const auto* there = std::get_if<std::unique_ptr<PowerMeter>>(&meter)) {
        status.available = true;
        status.detail = (*there)->describe();
      } else {
        status.detail = std::get<MeterUnavailable>(meter).reason;
      }
      found.push_back(std::move(status));
    }
    std::cout << render_meters(found, format->render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
