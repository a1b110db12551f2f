// SPDX-License-Identifier: Apache-2.0
// Term: one named column of a regression, a product of functions of features.
//
//   term    = factor { "*" factor }
//   factor  = part [ "^" exponent ]           exponent: any number, "Ho^2", "Ci^-0.5"
//   part    = feature | "log2(" feature ")" | "ln(" feature ")"
//   "1" alone is the constant.
//
// Model files name their terms in this form; a name that does not parse, or a feature that the key
// does not have, is an Error: nothing is guessed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

class Term {
 public:
  // A term over the features of `key`.
  static Term parse(std::string_view name, std::string_view key);

  const std::string& name() const { return name_; }
  double evaluate(std::span<const double> features) const {
    double product = 1;
    for (const Factor& factor : factors_) product *= value_of(factor, features[factor.feature]);
    return product;
  }

 private:
  enum class Function : std::uint8_t { kIdentity, kLog2, kLn };
  struct Factor {
    std::uint32_t feature = 0;
    Function function = Function::kIdentity;
    double exponent = 1;
  };
  static double value_of(const Factor& factor, double x);

  std::string name_;
  std::vector<Factor> factors_;
};

}  // namespace neuralpower
