// SPDX-License-Identifier: Apache-2.0
// Condition: when a regime of a model applies; comparisons of features with numbers.
//
//   condition  = "always" | comparison { " and " comparison }
//   comparison = feature ("<=" | ">=" | "<" | ">" | "==" | "!=") number
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

class Condition {
 public:
  // Over the features of `key`; Error for a feature or a comparison that does not exist.
  static Condition parse(std::string_view text, std::string_view key);

  bool holds(std::span<const double> features) const;

  std::vector<std::uint32_t> features_read() const;

 private:
  enum class Relation { kLessEqual, kGreaterEqual, kLess, kGreater, kEqual, kNotEqual };
  struct Comparison {
    std::size_t feature;
    Relation relation;
    double number;
  };
  std::vector<Comparison> comparisons_;
};

}  // namespace neuralpower
