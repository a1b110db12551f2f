// SPDX-License-Identifier: Apache-2.0
// Trace files: a JSON array of objects, one an event, read one at a time.
#pragma once

#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "neuralpower/base/units.h"

namespace neuralpower {

// Calls `take` with every object that stands `depth` levels inside the text's outermost value (1:
// the elements of an array). Nothing is kept. Error (bad input) where the text is no JSON.
void for_each_json_event(std::istream& in, int depth,
                         const std::function<void(const nlohmann::json&)>& take);

// A member as text: empty if it is absent, numbers as their digits.
std::string json_text_of(const nlohmann::json& object, const char* key);

// A member that counts microseconds. Error if it is no number, negative or beyond a day.
Seconds microseconds_of(const nlohmann::json& object, const char* key);
Seconds microseconds_in(double value);

}  // namespace neuralpower
