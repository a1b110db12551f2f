// SPDX-License-Identifier: Apache-2.0
// Where the explorer's page is: share/neuralpower/explorer in a folder above this code, found as
// shipped_files.h says.
#pragma once

#include <filesystem>

namespace neuralpower {

// Error (environment) saying how to make the page if there is none.
std::filesystem::path explorer_folder();

}  // namespace neuralpower
