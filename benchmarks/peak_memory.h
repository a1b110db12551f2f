// SPDX-License-Identifier: Apache-2.0
// The most memory this process has held, in megabytes, as the kernel counts it; 0 where it does not
// tell.
#pragma once

#include <fstream>
#include <string>

#include "neuralpower/base/text.h"

namespace neuralpower {

inline double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    const auto words = split_blanks(line);
    if (words.size() < 2 || words[0] != "VmHWM:") continue;
    return static_cast<double>(parse_int(words[1]).value_or(0)) / 1024;
  }
  return 0;
}

}  // namespace neuralpower
