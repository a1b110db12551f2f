// SPDX-License-Identifier: Apache-2.0
// JsonWriter: a JSON document that is written while it is made, so that a network of a hundred
// thousand layers needs no tree of all of them. The bytes are those that json_text() would make of
// the same document: indented, valid UTF-8, and without anything a terminal would obey.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

class JsonWriter {
 public:
  // `out` must live as long; it gets pieces of some kilobytes.
  explicit JsonWriter(std::ostream& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object() { return open('{', '}'); }
  JsonWriter& begin_array() { return open('[', ']'); }
  JsonWriter& end();  // the innermost object or array; the outermost ends the document and its line

  JsonWriter& key(std::string_view name);  // inside an object, before each value

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(int number) { return value(std::int64_t{number}); }
  JsonWriter& value(double number);  // null if it is none
  JsonWriter& value(bool flag) { return plain(flag ? "true" : "false"); }
  JsonWriter& value(const std::vector<std::string>& texts);
  JsonWriter& null() { return plain("null"); }

  template <typename Value>
  JsonWriter& member(std::string_view name, const Value& what) {
    return key(name).value(what);
  }

 private:
  struct Level {
    char close;
    bool empty = true;
  };

  JsonWriter& open(char opening, char closing);
  JsonWriter& plain(std::string_view text);
  void begin_value();
  void new_line();
  void append_text(std::string_view text);
  void hand_over();

  std::ostream& out_;
  std::string waiting_;
  std::vector<Level> levels_;
  bool behind_key_ = false;
};

}  // namespace neuralpower
