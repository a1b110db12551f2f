// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "neuralpower/report/json_text.h"

namespace neuralpower {
namespace {

void write(JsonWriter& writer, const nlohmann::ordered_json& json) {
  if (json.is_object()) {
    writer.begin_object();
    for (const auto& [key, value] : json.items()) {
      writer.key(key);
      write(writer, value);
    }
    writer.end();
  } else if (json.is_array()) {
    writer.begin_array();
    for (const auto& value : json) write(writer, value);
    writer.end();
  } else if (json.is_string()) {
    writer.value(json.get<std::string>());
  } else if (json.is_boolean()) {
    writer.value(json.get<bool>());
  } else if (json.is_number_integer()) {
    writer.value(json.get<std::int64_t>());
  } else if (json.is_number_float()) {
    writer.value(json.get<double>());
  } else {
    writer.null();
  }
}

TEST(JsonWriter, WritesTheBytesThatATreeGives) {
  const nlohmann::ordered_json json = {
      {"empty", nlohmann::ordered_json::object()},
      {"none", nlohmann::ordered_json::array()},
      {"numbers",
       {0, -1, std::numeric_limits<std::int64_t>::min(), 1.0, 0.1, 1e-300, 1e22, 5e-324}},
      {"no number", std::numeric_limits<double>::infinity()},
      {"flags", {true, false, nullptr}},
      {"nested", {{"rows", {{{"a", 1}, {"b", {1, 2}}}, {{"a", 2}}}}}},
      {"quote\" \\ \n", "tab\t bell\a"},
      {"unicode", "\u00e9 \u2026 \u0085 \x7f"},
      {"broken", "\xff\xc2"},
      {"ends in half a control", "x\xc2\x80"}};
  std::ostringstream out;
  JsonWriter writer(out);
  write(writer, json);
  EXPECT_EQ(out.str(), json_text(json));
}

TEST(JsonWriter, HandsOverWhatIsLarge) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (int i = 0; i < 20'000; ++i) json.push_back({{"number", i}, {"square", 1.0 * i * i}});
  std::ostringstream out;
  JsonWriter writer(out);
  write(writer, json);
  EXPECT_EQ(out.str(), json_text(json));
}

}  // namespace
}  // namespace neuralpower
