// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/html_report.h"

#include <nlohmann/json.hpp>

#include "neuralpower/report/page_text.h"

namespace neuralpower {

std::string render_html(const ReportDocument& report) {
  // ASCII only, so that a terminal finds nothing to obey either.
  const std::string json =
      report_json(report).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  std::string html;
  html.reserve(page_before_data().size() + json.size() + page_after_data().size());
  html += page_before_data();
  for (const char c : json)
    if (c == '<') {
      html += "\\u003c";
    } else if (c == '\x7f') {
      html += "\\u007f";
    } else {
      html += c;
    }
  html += page_after_data();
  return html;
}

}  // namespace neuralpower
