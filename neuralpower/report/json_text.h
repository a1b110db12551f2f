// SPDX-License-Identifier: Apache-2.0
// One JSON document as text: indented, ending in a newline, valid UTF-8 whatever names a file had.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace neuralpower {

std::string json_text(const nlohmann::ordered_json& json);

// A text as JSON writes it, in quotes; what json_text() makes of it.
std::string json_string(std::string_view text);

}  // namespace neuralpower
