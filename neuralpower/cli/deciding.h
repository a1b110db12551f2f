// SPDX-License-Identifier: Apache-2.0
// The commands that choose (decide/), each in the file of its name.
#pragma once

#include "neuralpower/cli/command.h"

namespace neuralpower::cli {

Action configure_rank(CLI::App& app);
Action configure_search(CLI::App& app);
Action configure_sweep(CLI::App& app);
Action configure_advise(CLI::App& app);
Action configure_cost(CLI::App& app);
Action configure_reproduce(CLI::App& app);

}  // namespace neuralpower::cli
