// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/options.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower::cli {

void FormatOption::add_to(CLI::App& app, const std::vector<std::string>& names) {
  app.add_option("--format", name, "How to print the result")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
}

RenderOptions FormatOption::render_options() const {
  RenderOptions options;
  options.format = name == "json"   ? OutputFormat::kJson
                   : name == "csv"  ? OutputFormat::kCsv
                   : name == "html" ? OutputFormat::kHtml
                                    : OutputFormat::kTable;
  options.width = terminal_width();
  return options;
}

void ShapeOption::add_to(CLI::App& app) {
  app.add_option("--shape", texts, "Shape of an input, batch first: NAME=1x3x224x224")
      ->take_all()
      ->allow_extra_args(false);
}

void ShapeOption::apply_to(ImportOptions& options) const {
  for (const std::string& text : texts) {
    const std::size_t equals = text.rfind('=');
    const std::string name = equals == std::string::npos ? "" : text.substr(0, equals);
    const auto shape = Shape::parse(equals == std::string::npos ? text : text.substr(equals + 1));
    if (!shape)
      throw usage_error("--shape " + text + " is not NAME=DxDxD, such as input=1x3x224x224");
    options.shapes[name] = *shape;
  }
}

std::vector<std::int64_t> parse_batches(const std::string& text) {
  std::vector<std::int64_t> batches;
  if (text.empty()) return batches;
  for (std::string_view piece : split(text, ',')) {
    const auto batch = parse_int(trim(piece));
    if (!batch || *batch < 1)
      throw usage_error("--batch " + text + " is not a list of batch sizes such as 1,8,64");
    batches.push_back(*batch);
  }
  return batches;
}

int terminal_width() {
  if (!isatty(STDOUT_FILENO)) return 0;
  if (const char* columns = std::getenv("COLUMNS"))
    if (const auto wanted = parse_int(columns); wanted && *wanted > 0 && *wanted < 100'000)
      return static_cast<int>(*wanted);
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace neuralpower::cli
