// SPDX-License-Identifier: Apache-2.0
// One JSON document as text: indented, ending in a newline, valid UTF-8 whatever names a file had.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace neuralpower {

std::string json_text(const nlohmann::ordered_json& json);

}  // namespace neuralpower
