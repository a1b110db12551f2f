// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/manners.h"
#include "neuralpower/report/table.h"

namespace neuralpower::cli {
namespace {

constexpr auto kSilence = std::chrono::seconds(2);
constexpr auto kRefresh = std::chrono::milliseconds(200);
constexpr int kBarCells = 24;

// A terminal that moves its cursor: not an editor's shell buffer.
bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && !(kind && std::string_view(kind) == "dumb");
}

}  // namespace

ProgressBar::ProgressBar() : start_(std::chrono::steady_clock::now()), terminal_(is_terminal()) {}

ProgressBar::ProgressBar(const CLI::App& command) : ProgressBar() {
  terminal_ = terminal_ && !is_quiet(command);
}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(double fraction, Seconds left, const std::string& what) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - start_ < kSilence || now - last_ < kRefresh) return;
  last_ = now;
  shown_ = true;
  winsize size{};
  const int width =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const std::string filled = bar(fraction, kBarCells);
  const std::string blanks(static_cast<std::size_t>(kBarCells - display_width(filled)), ' ');
  const std::string head = fmt::format("{:3.0f} % |{}{}| {} left  ", 100 * fraction, filled, blanks,
                                       duration_text(left));
  const int room = width - 1 - display_width(head);
  std::fputs(fmt::format("\r{}{}\033[K", head,
                         room > 4 ? printable(what, static_cast<std::size_t>(room - 3)) : "")
                 .c_str(),
             stderr);
  std::fflush(stderr);
}

void ProgressBar::show(double fraction, const std::string& what) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  if (fraction > 0) show(fraction, Seconds(elapsed.count() * (1 - fraction) / fraction), what);
}

std::string duration_text(Seconds time) {
  const auto seconds = static_cast<long>(std::lround(std::max(0.0, time.value())));
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds / 60 % 60);
}

Seconds parse_duration(const std::string& text) {
  double scale = 1;
  std::string number = text;
  if (!number.empty()) {
    switch (number.back()) {
      case 's':
        scale = 1;
        break;
      case 'm':
        scale = 60;
        break;
      case 'h':
        scale = 3600;
        break;
      default:
        scale = 0;
        break;
    }
    if (scale > 0) number.pop_back();
    if (scale == 0) scale = 1;
  }
  const auto value = parse_double(number);
  if (!value || *value <= 0)
    throw usage_error("'" + text + "' is not a duration such as 90s, 5m or 1h");
  return Seconds(*value * scale);
}

}  // namespace neuralpower::cli
