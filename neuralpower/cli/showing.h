// SPDX-License-Identifier: Apache-2.0
// The commands that show results in a browser, each in the file of its name.
#pragma once

#include "neuralpower/cli/command.h"

namespace neuralpower::cli {

Action configure_report(CLI::App& app);
Action configure_explore(CLI::App& app);

}  // namespace neuralpower::cli
