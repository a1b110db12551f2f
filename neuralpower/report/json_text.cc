// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/json_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace neuralpower {
namespace {

// What JSON may hold as it is but a terminal would obey: DEL and the control characters of
// ISO 6429 (U+0080 to U+009F), as escapes.
std::string without_controls(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (c == 0x7F) {
      out += "\\u007f";
    } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
      out += fmt::format("\\u00{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& json) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return without_controls(json.dump(2, ' ', false, kReplace) + "\n");
}

std::string json_string(std::string_view text) {
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  return without_controls(nlohmann::json(text).dump(-1, ' ', false, kReplace));
}

}  // namespace neuralpower
