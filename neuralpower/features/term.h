// SPDX-License-Identifier: Apache-2.0
// Term: one named column of a regression, an expression over the features of one key.
//
//   term     = factor { ("*" | "/") factor }
//   factor   = part [ "%" number ] [ "^" exponent ]     "Ci%4" is the remainder, "Ho^2" a power
//   part     = feature | number | "(" term ")"
//            | "log2(" term ")" | "ln(" term ")"         of 0 and below: 0
//            | "up(" term "," number ")"                 rounded up to a multiple of number
//            | "over(" term "," term ")"                 what the first has over the second, or 0
//            | "min(" term "," term ")" | "max(" term "," term ")"
//            | "[" term relation number "]"              a step: 1 where it holds, else 0
//            | "ramp(" term "," a "," b ")"              (term - a) / (b - a), held in 0..1
//   relation = "<=" | ">=" | "<" | ">" | "==" | "!="
//
// "1" alone is the constant. A ramp may fall (b < a): it is 0 on a's side and 1 on b's. There are
// no blanks and no sums. Model files name their terms in this form; a name that does not parse, or
// a feature that the key does not have, is an Error: nothing is guessed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/features/real_math.h"

namespace neuralpower {

// One step of a term's evaluation. `a` and `b` are earlier steps (`a` of a feature: its index).
struct TermNode {
  enum class Kind : std::uint8_t {
    kNumber,     // p
    kFeature,    // features[a]
    kMultiply,   // a * b
    kDivide,     // a / b, 0 where b is 0
    kPower,      // a ^ p
    kRemainder,  // a % p
    kLog2,
    kLn,
    kUp,    // ceil(a / p) * p
    kOver,  // max(a - b, 0)
    kMin,
    kMax,
    kLessEqual,  // steps: a relation p
    kGreaterEqual,
    kLess,
    kGreater,
    kEqual,
    kNotEqual,
    kRamp  // clamp((a - p) * q, 0, 1), q = 1 / (b - a) of the text
  };
  Kind kind = Kind::kNumber;
  std::uint32_t a = 0, b = 0;
  double p = 0, q = 0;
  auto operator<=>(const TermNode&) const = default;
};

// The value of one node whose operands lie in `values`; kFeature reads `features`. Inline, because
// programs run it in loops over nodes of one kind.
inline double evaluate_node(TermNode::Kind kind, const TermNode& node, const double* values,
                            const double* features) {
  using Kind = TermNode::Kind;
  const auto a = [&] { return values[node.a]; };
  const auto b = [&] { return values[node.b]; };
  switch (kind) {
    case Kind::kNumber:
      return node.p;
    case Kind::kFeature:
      return features[node.a];
    case Kind::kMultiply:
      return a() * b();
    case Kind::kDivide:
      return b() != 0 ? a() / b() : 0;
    case Kind::kPower:
      if (node.p == 2) return a() * a();
      if (node.p == 3) return a() * a() * a();
      return std::pow(a(), node.p);
    case Kind::kRemainder:
      return a() - std::floor(a() / node.p) * node.p;
    // A feature of 0 (no padding, say) has no logarithm; it counts as 1, the smallest size.
    case Kind::kLog2:
      return real_math::log2_of(a());
    case Kind::kLn:
      return real_math::ln_of(a());
    case Kind::kUp:
      return std::ceil(a() / node.p) * node.p;
    case Kind::kOver:
      return std::max(a() - b(), 0.0);
    case Kind::kMin:
      return std::min(a(), b());
    case Kind::kMax:
      return std::max(a(), b());
    case Kind::kLessEqual:
      return a() <= node.p;
    case Kind::kGreaterEqual:
      return a() >= node.p;
    case Kind::kLess:
      return a() < node.p;
    case Kind::kGreater:
      return a() > node.p;
    case Kind::kEqual:
      return a() == node.p;
    case Kind::kNotEqual:
      return a() != node.p;
    case Kind::kRamp:
      return std::min(std::max((a() - node.p) * node.q, 0.0), 1.0);
  }
  return 0;
}

class Term {
 public:
  // Nodes a term may have, so that it evaluates on the stack.
  static constexpr std::size_t kMaxNodes = 128;

  // A term over the features of `key`.
  static Term parse(std::string_view name, std::string_view key);
  // A term over other features; `key` stands in the messages of errors.
  static Term parse(std::string_view name, std::span<const std::string_view> features,
                    std::string_view key);

  const std::string& name() const { return name_; }
  double evaluate(std::span<const double> features) const;

  // Operands before their users; the last is the term. Never empty.
  std::span<const TermNode> nodes() const { return nodes_; }

 private:
  std::string name_;
  std::vector<TermNode> nodes_;
};

}  // namespace neuralpower
