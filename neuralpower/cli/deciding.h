// SPDX-License-Identifier: Apache-2.0
// The commands that choose (decide/), each in the file of its name.
#pragma once

#include <map>
#include <string>

#include "neuralpower/cli/command.h"
#include "neuralpower/decide/candidate.h"
#include "neuralpower/network/network.h"

namespace neuralpower::cli {

Action configure_rank(CLI::App& app);
Action configure_search(CLI::App& app);
Action configure_sweep(CLI::App& app);
Action configure_advise(CLI::App& app);
Action configure_cost(CLI::App& app);
Action configure_reproduce(CLI::App& app);

// The error of a network: under its file's name, with or without the extension, or its own name.
// Error (bad input) naming `errors_file` if it is not there.
ErrorRate find_error(const std::map<std::string, ErrorRate>& errors, const std::string& errors_file,
                     const std::string& file, const Network& network);

}  // namespace neuralpower::cli
