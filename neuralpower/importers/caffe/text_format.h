// SPDX-License-Identifier: Apache-2.0
// The text format of protocol buffers (`name: value`, `name { ... }`) as a tree of named fields.
//
// A reader of our own instead of protobuf's TextFormat: it needs no schema, so a field that some
// fork of Caffe has added is simply there and ignored; names of enums and quoted types are the same
// to it, which the two generations of prototxt need; it is linear in the text, at most 64 messages
// deep whatever the file, tells the line of an error, and adds no library.
//
// Understood: comments (#), messages in {} or <>, an optional colon before them, lists in [],
// fields separated by blanks, commas or semicolons, quoted text with escapes and in adjacent
// pieces, extension names in []. A repeated field is there several times, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

struct TextMessage;

struct TextField {
  std::string name;
  std::string text;                      // a scalar, quotes and escapes resolved
  std::unique_ptr<TextMessage> message;  // or a message
  int line = 0;
};

struct TextMessage {
  std::vector<TextField> fields;

  // The last field of that name, as protobuf has it for fields that are not repeated.
  const TextField* find(std::string_view name) const;
  const TextMessage* message(std::string_view name) const;
  std::optional<std::string_view> text(std::string_view name) const;
  // Error if the field is there and no whole number from -2^40 to 2^40.
  std::optional<std::int64_t> whole(std::string_view name) const;
  std::optional<double> real(std::string_view name) const;
  // true, false, 1 or 0.
  bool flag(std::string_view name, bool fallback) const;
  // All of a repeated field.
  std::vector<std::int64_t> wholes(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
};

// Error that names the line.
TextMessage parse_text_format(std::string_view text);

}  // namespace neuralpower
