// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/text_format.h"

#include <utility>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

constexpr int kDeepest = 64;
constexpr std::int64_t kLargestNumber = std::int64_t{1} << 40;  // leaves room for sums

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '+';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  TextMessage parse() {
    TextMessage root;
    parse_fields(root, '\0', 0);
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    Error error = bad_input(message);
    error.in_node("line " + std::to_string(line_));
    throw error;
  }

  // The next character that means something, '\0' at the end.
  char peek() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
      } else if (c == '#') {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (c != ' ' && c != '\t' && c != '\r' && c != '\f' && c != '\v') {
        if (c == '\0') fail("a zero byte; this is no text");
        return c;
      }
      ++at_;
    }
    return '\0';
  }

  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  std::string take_word(const char* what) {
    peek();
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (at_ == start)
      fail(std::string(what) + " is missing" +
           (at_ < text_.size() ? " before '" + std::string(1, text_[at_]) + "'" : ""));
    return std::string(text_.substr(start, at_ - start));
  }

  std::string take_name() {
    if (!take('[')) return take_word("a field's name");
    const std::size_t end = text_.find_first_of("]\n", at_);
    if (end == std::string_view::npos || text_[end] != ']') fail("'[' without ']'");
    std::string name = "[" + std::string(trim(text_.substr(at_, end - at_))) + "]";
    at_ = end + 1;
    return name;
  }

  // Pieces of quoted text that stand next to each other are one.
  std::string take_quoted() {
    std::string value;
    while (peek() == '"' || peek() == '\'') {
      const char quote = text_[at_++];
      for (;; ++at_) {
        if (at_ == text_.size() || text_[at_] == '\n') fail("quoted text without its end");
        if (text_[at_] == quote) break;
        if (text_[at_] == '\\') {
          take_escape(value);
        } else {
          value += text_[at_];
        }
      }
      ++at_;
    }
    return value;
  }

  // At a backslash; leaves at_ on the escape's last character.
  void take_escape(std::string& value) {
    static constexpr std::string_view kLetters = "abfnrtv\\'\"?";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    if (++at_ == text_.size()) fail("quoted text without its end");
    const char c = text_[at_];
    if (const std::size_t i = kLetters.find(c); i != std::string_view::npos) {
      value += kMeanings[i];
    } else if (c >= '0' && c <= '7') {
      int code = c - '0';
      for (int k = 0;
           k < 2 && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '7'; ++k)
        code = code * 8 + (text_[++at_] - '0');
      value += static_cast<char>(code & 0xFF);
    } else if (c == 'x' || c == 'X') {
      int code = 0, digits = 0;
      while (digits < 2 && at_ + 1 < text_.size() && hex(text_[at_ + 1]) >= 0) {
        code = code * 16 + hex(text_[++at_]);
        ++digits;
      }
      if (digits == 0) fail("'\\x' without digits");
      value += static_cast<char>(code);
    } else {
      fail("'\\" + std::string(1, c) + "' is no escape");
    }
  }

  static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  TextField& add(TextMessage& into, const std::string& name) {
    TextField& field = into.fields.emplace_back();
    field.name = name;
    field.line = line_;
    return field;
  }

  void parse_message(TextMessage& into, const std::string& name, int depth) {
    const char close = text_[at_++] == '{' ? '}' : '>';
    if (depth == kDeepest) fail("messages nested more than 64 deep");
    TextField& field = add(into, name);
    field.message = std::make_unique<TextMessage>();
    parse_fields(*field.message, close, depth + 1);
  }

  void parse_value(TextMessage& into, const std::string& name, int depth) {
    const char c = peek();
    if (c == '{' || c == '<') return parse_message(into, name, depth);
    TextField& field = add(into, name);
    if (c == '"' || c == '\'') {
      field.text = take_quoted();
      return;
    }
    // "- 5" is a number, too.
    if (c == '-' && at_ + 1 < text_.size() && !is_word(text_[at_ + 1])) {
      ++at_;
      field.text = "-" + take_word("a number");
      return;
    }
    field.text = take_word("a value");
  }

  void parse_list(TextMessage& into, const std::string& name, int depth) {
    if (take(']')) return;
    do {
      if (peek() == '[') fail("a list in a list");
      parse_value(into, name, depth);
    } while (take(','));
    if (!take(']')) fail("a list without its ']'");
  }

  void parse_fields(TextMessage& into, char close, int depth) {
    for (;;) {
      const char c = peek();
      if (c == '\0') {
        if (close != '\0') fail("the file ends inside a message");
        return;
      }
      if (c == close) {
        ++at_;
        return;
      }
      if (c == ',' || c == ';') {
        ++at_;
        continue;
      }
      const std::string name = take_name();
      const bool colon = take(':');
      const char next = peek();
      if (next == '[' && colon) {
        ++at_;
        parse_list(into, name, depth);
      } else if (colon || next == '{' || next == '<') {
        parse_value(into, name, depth);
      } else {
        fail("'" + name + "' is followed by neither ':' nor '{'");
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

Error wrong(const TextField& field, const char* wanted) {
  return bad_input("'" + field.name + "' in line " + std::to_string(field.line) + " is " + wanted +
                   ", not '" + (field.message ? "{...}" : field.text) + "'");
}

std::int64_t to_whole(const TextField& field) {
  const auto value = field.message ? std::nullopt : parse_int(field.text);
  if (!value || *value > kLargestNumber || *value < -kLargestNumber)
    throw wrong(field, "a whole number");
  return *value;
}

}  // namespace

const TextField* TextMessage::find(std::string_view name) const {
  for (auto field = fields.rbegin(); field != fields.rend(); ++field)
    if (field->name == name) return &*field;
  return nullptr;
}

const TextMessage* TextMessage::message(std::string_view name) const {
  const TextField* field = find(name);
  if (field == nullptr) return nullptr;
  if (!field->message) throw wrong(*field, "a message in braces");
  return field->message.get();
}

std::optional<std::string_view> TextMessage::text(std::string_view name) const {
  const TextField* field = find(name);
  if (field == nullptr) return std::nullopt;
  if (field->message) throw wrong(*field, "a text");
  return field->text;
}

std::optional<std::int64_t> TextMessage::whole(std::string_view name) const {
  const TextField* field = find(name);
  if (field == nullptr) return std::nullopt;
  return to_whole(*field);
}

std::optional<double> TextMessage::real(std::string_view name) const {
  const TextField* field = find(name);
  if (field == nullptr) return std::nullopt;
  const auto value = field->message ? std::nullopt : parse_double(field->text);
  if (!value) throw wrong(*field, "a number");
  return value;
}

bool TextMessage::flag(std::string_view name, bool fallback) const {
  const TextField* field = find(name);
  if (field == nullptr) return fallback;
  if (field->text == "true" || field->text == "True" || field->text == "t" || field->text == "1")
    return true;
  if (field->text == "false" || field->text == "False" || field->text == "f" || field->text == "0")
    return false;
  throw wrong(*field, "true or false");
}

std::vector<std::int64_t> TextMessage::wholes(std::string_view name) const {
  std::vector<std::int64_t> values;
  for (const TextField& field : fields)
    if (field.name == name) values.push_back(to_whole(field));
  return values;
}

std::vector<std::string> TextMessage::texts(std::string_view name) const {
  std::vector<std::string> values;
  for (const TextField& field : fields) {
    if (field.name != name) continue;
    if (field.message) throw wrong(field, "a text");
    values.push_back(field.text);
  }
  return values;
}

TextMessage parse_text_format(std::string_view text) { return Parser(text).parse(); }

}  // namespace neuralpower
