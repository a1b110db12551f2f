// SPDX-License-Identifier: Apache-2.0
// The commands that choose (decide/), each in the file of its name, and what they find shipped.
#pragma once

#include <filesystem>

#include "neuralpower/cli/command.h"

namespace neuralpower::cli {

Action configure_rank(CLI::App& app);
Action configure_sweep(CLI::App& app);
Action configure_cost(CLI::App& app);
Action configure_reproduce(CLI::App& app);

// The folder of published figures. Error (environment) if there is none.
std::filesystem::path published_folder();

}  // namespace neuralpower::cli
