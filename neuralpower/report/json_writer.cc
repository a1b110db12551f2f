// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "neuralpower/report/json_text.h"

namespace neuralpower {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

}  // namespace

JsonWriter& JsonWriter::open(char opening, char closing) {
  begin_value();
  waiting_ += opening;
  levels_.push_back({closing});
  return *this;
}

JsonWriter& JsonWriter::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) new_line();
  waiting_ += level.close;
  if (levels_.empty()) waiting_ += '\n';
  if (levels_.empty() || waiting_.size() > kPiece) hand_over();
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  begin_value();
  append_text(name);
  waiting_ += ": ";
  behind_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  begin_value();
  append_text(text);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  return plain({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  std::array<char, 64> digits{};
  const char* end = nlohmann::detail::to_chars(digits.begin(), digits.end(), number);
  return plain({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::value(const std::vector<std::string>& texts) {
  begin_array();
  for (const std::string& text : texts) value(text);
  return end();
}

JsonWriter& JsonWriter::plain(std::string_view text) {
  begin_value();
  waiting_ += text;
  return *this;
}

void JsonWriter::begin_value() {
  if (behind_key_) {
    behind_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (!levels_.back().empty) waiting_ += ',';
  levels_.back().empty = false;
  new_line();
}

void JsonWriter::new_line() {
  waiting_ += '\n';
  waiting_.append(2 * levels_.size(), ' ');
}

void JsonWriter::append_text(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    waiting_ += json_string(text);
    return;
  }
  waiting_ += '"';
  waiting_ += text;
  waiting_ += '"';
}

void JsonWriter::hand_over() {
  out_.write(waiting_.data(), static_cast<std::streamsize>(waiting_.size()));
  waiting_.clear();
}

}  // namespace neuralpower
