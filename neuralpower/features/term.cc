// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/term.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;

// Reads a term by recursive descent; every method leaves the index of the node it made.
class TermParser {
 public:
  TermParser(std::string_view text, std::span<const std::string_view> features,
             std::string_view key)
      : text_(text), rest_(text), features_(features), key_(key) {}

  std::vector<TermNode> parse_all() {
    term();
    if (!rest_.empty()) fail("'" + std::string(rest_) + "' is left over");
    return std::move(nodes_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw bad_input("term '" + std::string(text_) + "' of " + std::string(key_) + ": " + why);
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word))
      fail("'" + std::string(word) + "' expected before '" + std::string(rest_) + "'");
  }
  double number(const char* what) {
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) fail(std::string(what) + " is no number");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::uint32_t add(TermNode node) {
    if (nodes_.size() == Term::kMaxNodes) fail("too long");
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::uint32_t term() {
    // Each level of brackets comes through here; a hostile file must not exhaust the stack.
    if (++depth_ > 16) fail("brackets are nested too deeply");
    std::uint32_t product = factor();
    for (;;) {
      if (take("*")) {
        product = add({Kind::kMultiply, product, factor()});
      } else if (take("/")) {
        product = add({Kind::kDivide, product, factor()});
      } else {
        --depth_;
        return product;
      }
    }
  }

  std::uint32_t factor() {
    std::uint32_t at = part();
    if (take("%")) {
      const double divisor = number("what follows %");
      if (!(divisor > 0)) fail("the remainder by a number that is not positive");
      at = add({Kind::kRemainder, at, 0, divisor});
    }
    if (take("^")) at = add({Kind::kPower, at, 0, number("the exponent")});
    return at;
  }

  std::uint32_t part() {
    if (take("[")) return step();
    if (take("(")) {
      const std::uint32_t inner = term();
      expect(")");
      return inner;
    }
    if (take("log2(")) return function_of_one(Kind::kLog2);
    if (take("ln(")) return function_of_one(Kind::kLn);
    if (take("over(")) return function_of_two(Kind::kOver);
    if (take("min(")) return function_of_two(Kind::kMin);
    if (take("max(")) return function_of_two(Kind::kMax);
    if (take("up(")) {
      const std::uint32_t inner = term();
      expect(",");
      const double multiple = number("the multiple");
      if (!(multiple > 0)) fail("a multiple must be positive");
      expect(")");
      return add({Kind::kUp, inner, 0, multiple});
    }
    if (take("ramp(")) {
      const std::uint32_t inner = term();
      expect(",");
      const double a = number("the ramp's start");
      expect(",");
      const double b = number("the ramp's end");
      if (a == b || !std::isfinite(1 / (b - a))) fail("a ramp must end elsewhere than it starts");
      expect(")");
      return add({Kind::kRamp, inner, 0, a, 1 / (b - a)});
    }
    if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9')
      return add({Kind::kNumber, 0, 0, number("a factor")});
    return feature();
  }

  std::uint32_t step() {
    static constexpr struct {
      std::string_view text;
      Kind kind;
    } kRelations[] = {{"<=", Kind::kLessEqual}, {">=", Kind::kGreaterEqual}, {"==", Kind::kEqual},
                      {"!=", Kind::kNotEqual},  {"<", Kind::kLess},          {">", Kind::kGreater}};
    const std::uint32_t inner = term();
    for (const auto& relation : kRelations) {
      if (!take(relation.text)) continue;
      const double bound = number("what a step compares with");
      expect("]");
      return add({relation.kind, inner, 0, bound});
    }
    fail("a step has no comparison");
  }

  std::uint32_t function_of_one(Kind kind) {
    const std::uint32_t inner = term();
    expect(")");
    return add({kind, inner});
  }

  std::uint32_t function_of_two(Kind kind) {
    const std::uint32_t first = term();
    expect(",");
    const std::uint32_t second = term();
    expect(")");
    return add({kind, first, second});
  }

  std::uint32_t feature() {
    const std::string_view name = rest_.substr(0, rest_.find_first_of("*/%^()[],<>=!"));
    if (rest_.substr(name.size()).starts_with("(")) fail("no function '" + std::string(name) + "'");
    const auto found = std::find(features_.begin(), features_.end(), name);
    if (found == features_.end()) fail("no feature '" + std::string(name) + "'");
    rest_.remove_prefix(name.size());
    return add({Kind::kFeature, static_cast<std::uint32_t>(found - features_.begin())});
  }

  std::string_view text_, rest_;
  std::span<const std::string_view> features_;
  std::string_view key_;
  std::vector<TermNode> nodes_;
  int depth_ = 0;
};

}  // namespace

Term Term::parse(std::string_view name, std::string_view key) {
  return parse(name, feature_names(key), key);
}

Term Term::parse(std::string_view name, std::span<const std::string_view> features,
                 std::string_view key) {
  Term term;
  term.name_ = name;
  term.nodes_ = TermParser(name, features, key).parse_all();
  return term;
}

double Term::evaluate(std::span<const double> features) const {
  std::array<double, kMaxNodes> values;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    values[i] = evaluate_node(nodes_[i].kind, nodes_[i], values.data(), features.data());
  return values[nodes_.size() - 1];
}

}  // namespace neuralpower
