// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/term.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

[[noreturn]] void unknown_term(std::string_view name, std::string_view key, std::string_view why) {
  throw bad_input("term '" + std::string(name) + "' of " + std::string(key) + ": " +
                  std::string(why));
}

}  // namespace

Term Term::parse(std::string_view name, std::string_view key) {
  Term term;
  term.name_ = name;
  if (name == "1") return term;
  const std::vector<std::string_view> features = feature_names(key);
  for (std::string_view piece : split(name, '*')) {
    Factor factor;
    if (const std::size_t caret = piece.find('^'); caret != std::string_view::npos) {
      const auto exponent = parse_double(piece.substr(caret + 1));
      if (!exponent) unknown_term(name, key, "the exponent is no number");
      factor.exponent = *exponent;
      piece = piece.substr(0, caret);
    }
    if (piece.ends_with(')')) {
      if (piece.starts_with("log2(")) {
        factor.function = Function::kLog2;
        piece = piece.substr(5, piece.size() - 6);
      } else if (piece.starts_with("ln(")) {
        factor.function = Function::kLn;
        piece = piece.substr(3, piece.size() - 4);
      } else {
        unknown_term(name, key, "the only functions are log2() and ln()");
      }
    }
    const auto found = std::find(features.begin(), features.end(), piece);
    if (found == features.end()) unknown_term(name, key, "no feature '" + std::string(piece) + "'");
    factor.feature = static_cast<std::uint32_t>(found - features.begin());
    term.factors_.push_back(factor);
  }
  return term;
}

double Term::value_of(const Factor& factor, double x) {
  switch (factor.function) {
    case Function::kIdentity:
      break;
    // A feature of 0 (no padding, say) has no logarithm; it counts as 1, the smallest size.
    case Function::kLog2:
      x = std::log2(std::max(x, 1.0));
      break;
    case Function::kLn:
      x = std::log(std::max(x, 1.0));
      break;
  }
  if (factor.exponent == 1) return x;
  if (factor.exponent == 2) return x * x;
  if (factor.exponent == 3) return x * x * x;
  return std::pow(x, factor.exponent);
}

}  // namespace neuralpower
