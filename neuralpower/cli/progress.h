// SPDX-License-Identifier: Apache-2.0
// A progress bar on standard error, for anything that takes longer than two seconds; silent when
// standard error is no terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>

#include "neuralpower/base/units.h"

namespace neuralpower::cli {

class ProgressBar {
 public:
  ProgressBar();
  explicit ProgressBar(const CLI::App& command);  // silent, too, after --quiet
  ~ProgressBar();                                 // clears the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `fraction` of the work is done; `left` is the time to go.
  void show(double fraction, Seconds left, const std::string& what);
  // As above, the time to go estimated from the time that `fraction` took.
  void show(double fraction, const std::string& what);

 private:
  std::chrono::steady_clock::time_point start_, last_;
  bool terminal_ = false, shown_ = false;
};

// "2m 05s", "45s", "1h 10m".
std::string duration_text(Seconds time);

// Reads "90", "90s", "5m", "1.5h"; Error (usage) for anything else.
Seconds parse_duration(const std::string& text);

}  // namespace neuralpower::cli
