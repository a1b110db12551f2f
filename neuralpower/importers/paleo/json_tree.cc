// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/paleo/json_tree.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostValues = 2'000'000;

// Receives the parser's events and grows the tree; refuses what is too deep, too large or double.
class TreeGrower : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonValue take() { return std::move(root_); }

  bool null() override { return add(JsonValue()); }
  bool boolean(bool value) override { return add(JsonValue(value)); }
  bool number_integer(std::int64_t value) override { return add(JsonValue(value)); }
  bool number_unsigned(std::uint64_t value) override {
    return value > INT64_MAX ? add(JsonValue(static_cast<double>(value)))
                             : add(JsonValue(static_cast<std::int64_t>(value)));
  }
  bool number_float(double value, const std::string&) override { return add(JsonValue(value)); }
  bool string(std::string& value) override { return add(JsonValue(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // not in JSON text

  bool start_array(std::size_t) override { return open(JsonValue(JsonValue::Array())); }
  bool start_object(std::size_t) override {
    return open(JsonValue(std::make_unique<JsonValue::Object>()));
  }
  bool key(std::string& name) override {
    // In two steps: g++ 12 takes the temporary null of one step for uninitialised.
    open_.back()->object()->emplace_back().first = std::move(name);
    return true;
  }
  bool end_array() override { return open_.pop_back(), true; }
  bool end_object() override {
    const JsonValue::Object& members = *open_.back()->object();
    std::vector<std::string_view> names;
    for (const auto& [name, value] : members) names.push_back(name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end())
      throw bad_input("'" + std::string(*twice) + "' is there twice in the same JSON object");
    return open_.pop_back(), true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    throw bad_input("no valid JSON: byte " + std::to_string(position) + ", near '" +
                    token.substr(token.size() > 40 ? token.size() - 40 : 0) + "'");
  }

 private:
  // The place of the next value: the root, an array's end, or behind the key just read.
  JsonValue& place(JsonValue value) {
    if (++values_ > kMostValues) throw bad_input("more than two million JSON values");
    if (open_.empty()) return root_ = std::move(value);
    if (JsonValue::Array* array = open_.back()->array()) {
      array->push_back(std::move(value));
      return array->back();
    }
    return open_.back()->object()->back().second = std::move(value);
  }
  bool add(JsonValue value) { return place(std::move(value)), true; }
  bool open(JsonValue value) {
    if (open_.size() == kDeepest) throw bad_input("JSON nested more than 64 deep");
    open_.push_back(&place(std::move(value)));
    return true;
  }

  JsonValue root_;
  std::vector<JsonValue*> open_;  // a parent does not grow while a child of it is open
  std::size_t values_ = 0;
};

}  // namespace

const JsonValue::Object* JsonValue::object() const {
  const auto* held = std::get_if<std::unique_ptr<Object>>(&value_);
  return held == nullptr ? nullptr : held->get();
}

JsonValue::Object* JsonValue::object() {
  auto* held = std::get_if<std::unique_ptr<Object>>(&value_);
  return held == nullptr ? nullptr : held->get();
}

const JsonValue* JsonValue::find(std::string_view key) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members)
    if (name == key) return &value;
  return nullptr;
}

JsonValue JsonValue::parse(std::string_view text) {
  TreeGrower grower;
  nlohmann::json::sax_parse(text.begin(), text.end(), &grower, nlohmann::json::input_format_t::json,
                            true, true);
  return grower.take();
}

}  // namespace neuralpower
