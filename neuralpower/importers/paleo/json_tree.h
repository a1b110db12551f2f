// SPDX-License-Identifier: Apache-2.0
// JsonValue: a JSON document as a tree that keeps the order of the file and cannot hurt: nesting
// is at most 64 deep (so that walking and destroying it may recurse), values at most two million,
// and a key that an object has twice is an error instead of a silent choice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace neuralpower {

class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;

  JsonValue() = default;  // null
  template <typename T>
  explicit JsonValue(T value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The value as that type, or null if it is another.
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  const std::int64_t* whole() const { return std::get_if<std::int64_t>(&value_); }
  const double* real() const { return std::get_if<double>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const Object* object() const;
  Array* array() { return std::get_if<Array>(&value_); }
  Object* object();

  // The member of an object, null if there is none or this is no object. Linear in its members.
  const JsonValue* find(std::string_view key) const;

  // Error that says where the text stops being JSON. `//` and `/* */` comments are skipped.
  static JsonValue parse(std::string_view text);

 private:
  // Whole numbers beyond 2^63 are doubles, as are all with a point or an exponent.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array,
               std::unique_ptr<Object>>
      value_;
};

}  // namespace neuralpower
