// SPDX-License-Identifier: Apache-2.0
// The error rate that the user's table has for a network.
#pragma once

#include <map>
#include <string>

#include "neuralpower/decide/candidate.h"
#include "neuralpower/network/network.h"

namespace neuralpower::cli {

// Under its file's name, with or without the extension, or its own name. Error (bad input) naming
// `errors_file` if it is not there.
ErrorRate find_error(const std::map<std::string, ErrorRate>& errors, const std::string& errors_file,
                     const std::string& file, const Network& network);

}  // namespace neuralpower::cli
