// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/json_events.h"

#include <cmath>
#include <istream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {

using Json = nlohmann::json;

void for_each_json_event(std::istream& in, int depth,
                         const std::function<void(const Json&)>& take) {
  constexpr int kDeepest = 64;
  const auto look = [&](int at, Json::parse_event_t event, Json& value) {
    if (at > kDeepest) throw bad_input("the JSON is nested too deeply");
    if (event != Json::parse_event_t::object_end || at != depth) return true;
    take(value);
    return false;  // not kept
  };
  try {
    Json rest = Json::parse(in, look);
  } catch (const Json::exception& error) {
    throw bad_input("not valid JSON, perhaps cut off: " + std::string(error.what()));
  }
}

std::string json_text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number() ? found->dump() : "";
}

Seconds microseconds_in(double value) {
  constexpr double kDay = 24 * 3600 * 1e6;
  if (!(value >= 0 && value <= kDay))
    throw bad_input("a duration of " + format_double(value) + " us makes no sense");
  return microseconds(value);
}

Seconds microseconds_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number())
    throw bad_input("event '" + printable(json_text_of(object, "name"), 80) +
                    "' has no number in '" + key + "'");
  return microseconds_in(found->get<double>());
}

}  // namespace neuralpower
