// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/condition.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"

namespace neuralpower {

Condition Condition::parse(std::string_view text, std::string_view key) {
  Condition condition;
  if (text == "always") return condition;
  const auto names = feature_names(key);
  const auto fail = [&](std::string_view why) {
    throw bad_input("condition '" + std::string(text) + "' of " + std::string(key) + ": " +
                    std::string(why));
  };
  struct Symbol {
    std::string_view text;
    Relation relation;
  };
  static constexpr Symbol kSymbols[] = {
      // the longer first: "<=" begins with "<"
      {"<=", Relation::kLessEqual}, {">=", Relation::kGreaterEqual}, {"==", Relation::kEqual},
      {"!=", Relation::kNotEqual},  {"<", Relation::kLess},          {">", Relation::kGreater}};
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find(" and ");
    const std::string_view piece = trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 5);
    const auto* symbol =
        std::find_if(std::begin(kSymbols), std::end(kSymbols),
                     [&](const Symbol& s) { return piece.find(s.text) != std::string_view::npos; });
    if (symbol == std::end(kSymbols)) {
      fail("no comparison in it");
      break;
    }
    const std::size_t at = piece.find(symbol->text);
    const auto found = std::find(names.begin(), names.end(), trim(piece.substr(0, at)));
    const auto number = parse_double(trim(piece.substr(at + symbol->text.size())));
    if (found == names.end()) fail("no such feature");
    if (!number) fail("a feature is compared with a number");
    condition.comparisons_.push_back(
        {static_cast<std::size_t>(found - names.begin()), symbol->relation, *number});
  }
  return condition;
}

std::vector<std::uint32_t> Condition::features_read() const {
  std::vector<std::uint32_t> features;
  for (const Comparison& c : comparisons_)
    features.push_back(static_cast<std::uint32_t>(c.feature));
  return features;
}

bool Condition::holds(std::span<const double> features) const {
  return std::all_of(comparisons_.begin(), comparisons_.end(), [&](const Comparison& c) {
    const double x = features[c.feature];
    switch (c.relation) {
      case Relation::kLessEqual:
        return x <= c.number;
      case Relation::kGreaterEqual:
        return x >= c.number;
      case Relation::kLess:
        return x < c.number;
      case Relation::kGreater:
        return x > c.number;
      case Relation::kEqual:
        return x == c.number;
      case Relation::kNotEqual:
        return x != c.number;
    }
    return false;
  });
}

}  // namespace neuralpower
