// SPDX-License-Identifier: Apache-2.0
// Whole-number arithmetic on untrusted sizes: an overflow is an Error, never a wrapped number.
#pragma once

#include <cstdint>

#include "neuralpower/base/error.h"

namespace neuralpower {

inline std::int64_t checked_mul(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) throw bad_input("a product of sizes exceeds 2^63");
  return product;
}

inline std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) throw bad_input("a sum of sizes exceeds 2^63");
  return sum;
}

template <typename... Rest>
std::int64_t checked_product(std::int64_t first, Rest... rest) {
  std::int64_t product = first;
  ((product = checked_mul(product, rest)), ...);
  return product;
}

// ceil(a / b) for a >= 0, b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

}  // namespace neuralpower
