// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/folding_rules.h"

namespace neuralpower::onnx {
namespace {

// Where the element for position `at` of a result lies in an operand that broadcasts to it.
std::size_t operand_index(const Shape& operand, const Shape& result, std::size_t at) {
  std::size_t index = 0, step = 1;
  for (std::size_t i = 0; i < result.rank(); ++i) {
    const std::size_t axis = result.rank() - 1 - i;
    const auto size = static_cast<std::size_t>(result[axis]);
    const std::size_t position = at % size;
    at /= size;
    if (i >= operand.rank()) continue;
    const auto extent = static_cast<std::size_t>(operand[operand.rank() - 1 - i]);
    if (extent != 1) index += position * step;
    step *= extent;
  }
  return index;
}

// Rounds as the type's own arithmetic would: a floor behind a 32-bit product depends on it.
double rounded(double value, DataType type) {
  return type == DataType::kF64 ? value : static_cast<double>(static_cast<float>(value));
}

using IntegerRule = std::int64_t (*)(std::int64_t, std::int64_t);
using RealRule = double (*)(double, double);

// Combines all inputs from the left. The result is of integers where the output's type is.
template <IntegerRule on_integers, RealRule on_reals>
std::vector<ContentPtr> combine(const NodeView& node, const Translation& translation) {
  const OutputState& out = translation.outputs[0];
  const auto count = static_cast<std::size_t>(out.shape.element_count());
  std::vector<const Content*> contents;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    contents.push_back(node.content(i));
    if (!contents.back()) return {};
    // An axis that stretches only because a baked-in batch size changed has no element to show.
    const Shape& shape = node.shape(i);
    for (std::size_t k = 0; k < shape.rank(); ++k)
      if (shape[k] != 1 && shape[k] != out.shape[out.shape.rank() - shape.rank() + k]) return {};
  }
  // Charged by the work, not by the result: many inputs may combine to one element.
  if (!node.contents->reserve(static_cast<std::int64_t>(count * contents.size()))) return {};
  const bool real_inputs = contents[0]->is_real;
  for (const Content* content : contents)
    if (content->is_real != real_inputs) throw bad_input("the inputs' types differ");
  Content result;
  result.is_real = is_real(out.dtype);
  for (std::size_t at = 0; at < count; ++at) {
    const std::size_t first = operand_index(node.shape(0), out.shape, at);
    std::int64_t integer = real_inputs ? 0 : contents[0]->integers[first];
    double real = contents[0]->real(first);
    for (std::size_t i = 1; i < contents.size(); ++i) {
      const std::size_t index = operand_index(node.shape(i), out.shape, at);
      if (real_inputs)
        real = rounded(on_reals(real, contents[i]->reals[index]), node.dtype(0));
      else
        integer = on_integers(integer, contents[i]->integers[index]);
    }
    if (result.is_real)
      result.reals.push_back(real);
    else
      result.integers.push_back(real_inputs ? real != 0 : integer);
  }
  return one_content(std::move(result));
}

std::int64_t add(std::int64_t a, std::int64_t b) { return checked_add(a, b); }
double add(double a, double b) { return a + b; }
std::int64_t subtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) throw bad_input("a difference overflows");
  return difference;
}
double subtract(double a, double b) { return a - b; }
std::int64_t multiply(std::int64_t a, std::int64_t b) { return checked_mul(a, b); }
double multiply(double a, double b) { return a * b; }
std::int64_t divide(std::int64_t a, std::int64_t b) {
  if (b == 0) throw bad_input("a division by zero in the arithmetic of shapes");
  if (b == -1) return subtract(0, a);
  return a / b;  // towards zero, as ONNX has it
}
double divide(double a, double b) { return a / b; }
std::int64_t modulo(std::int64_t a, std::int64_t b) {  // takes the divisor's sign
  if (b == 0) throw bad_input("a division by zero in the arithmetic of shapes");
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
double modulo(double a, double b) { return std::fmod(a, b); }
std::int64_t power(std::int64_t a, std::int64_t b) {
  if (b < 0) return a == 1 ? 1 : 0;
  if (a == 0 || a == 1) return b == 0 ? 1 : a;
  if (a == -1) return b % 2 == 0 ? 1 : -1;
  std::int64_t result = 1;
  for (; b > 0; --b) result = checked_mul(result, a);  // overflows after 63 steps at most
  return result;
}
double power(double a, double b) { return std::pow(a, b); }
std::int64_t larger(std::int64_t a, std::int64_t b) { return std::max(a, b); }
double larger(double a, double b) { return std::max(a, b); }
std::int64_t smaller(std::int64_t a, std::int64_t b) { return std::min(a, b); }
double smaller(double a, double b) { return std::min(a, b); }
std::int64_t both(std::int64_t a, std::int64_t b) { return a != 0 && b != 0; }
double both(double a, double b) { return a != 0 && b != 0; }
std::int64_t either(std::int64_t a, std::int64_t b) { return a != 0 || b != 0; }
double either(double a, double b) { return a != 0 || b != 0; }
std::int64_t one_of(std::int64_t a, std::int64_t b) { return (a != 0) != (b != 0); }
double one_of(double a, double b) { return (a != 0) != (b != 0); }
std::int64_t equal(std::int64_t a, std::int64_t b) { return a == b; }
double equal(double a, double b) { return a == b; }
std::int64_t less(std::int64_t a, std::int64_t b) { return a < b; }
double less(double a, double b) { return a < b; }
std::int64_t less_or_equal(std::int64_t a, std::int64_t b) { return a <= b; }
double less_or_equal(double a, double b) { return a <= b; }
std::int64_t greater(std::int64_t a, std::int64_t b) { return a > b; }
double greater(double a, double b) { return a > b; }
std::int64_t greater_or_equal(std::int64_t a, std::int64_t b) { return a >= b; }
double greater_or_equal(double a, double b) { return a >= b; }

// ---- One operand ------------------------------------------------------------------------------

template <typename OnInteger, typename OnReal>
std::vector<ContentPtr> each(const NodeView& node, OnInteger on_integer, OnReal on_real) {
  const Content* content = node.content(0);
  if (!content) return {};
  Content result = *content;
  for (std::int64_t& value : result.integers) value = on_integer(value);
  for (double& value : result.reals) value = rounded(on_real(value), node.dtype(0));
  return one_content(std::move(result));
}

const auto unchanged = [](std::int64_t value) { return value; };

std::vector<ContentPtr> fold_negate(const NodeView& node, const Translation&) {
  return each(
      node, [](std::int64_t v) { return subtract(0, v); }, [](double v) { return -v; });
}
std::vector<ContentPtr> fold_absolute(const NodeView& node, const Translation&) {
  return each(
      node, [](std::int64_t v) { return v < 0 ? subtract(0, v) : v; },
      [](double v) { return std::fabs(v); });
}
std::vector<ContentPtr> fold_floor(const NodeView& node, const Translation&) {
  return each(node, unchanged, [](double v) { return std::floor(v); });
}
std::vector<ContentPtr> fold_ceil(const NodeView& node, const Translation&) {
  return each(node, unchanged, [](double v) { return std::ceil(v); });
}
std::vector<ContentPtr> fold_round(const NodeView& node, const Translation&) {
  return each(node, unchanged, [](double v) { return std::nearbyint(v); });
}
std::vector<ContentPtr> fold_sqrt(const NodeView& node, const Translation&) {
  return each(node, unchanged, [](double v) { return std::sqrt(v); });
}
std::vector<ContentPtr> fold_reciprocal(const NodeView& node, const Translation&) {
  return each(node, unchanged, [](double v) { return 1 / v; });
}
std::vector<ContentPtr> fold_sign(const NodeView& node, const Translation&) {
  return each(
      node, [](std::int64_t v) -> std::int64_t { return (v > 0) - (v < 0); },
      [](double v) -> double { return (v > 0) - (v < 0); });
}
std::vector<ContentPtr> fold_not(const NodeView& node, const Translation&) {
  return each(
      node, [](std::int64_t v) -> std::int64_t { return v == 0; }, [](double v) { return v; });
}

std::vector<ContentPtr> fold_cast(const NodeView& node, const Translation& translation) {
  const Content* content = node.content(0);
  if (!content) return {};
  const DataType type = translation.outputs[0].dtype;
  Content result;
  result.is_real = is_real(type);
  for (std::size_t i = 0; i < content->size(); ++i) {
    if (result.is_real) {
      result.reals.push_back(rounded(content->real(i), type));
    } else if (type == DataType::kBool) {
      result.integers.push_back(content->real(i) != 0);
    } else if (!content->is_real) {
      result.integers.push_back(content->integers[i]);
    } else {
      const double value = std::trunc(content->reals[i]);
      if (!(std::fabs(value) < 9.2e18)) return {};  // no integer: infinite, not a number, too large
      result.integers.push_back(static_cast<std::int64_t>(value));
    }
  }
  return one_content(std::move(result));
}

std::vector<ContentPtr> fold_where(const NodeView& node, const Translation& translation) {
  const Content *condition = node.content(0), *yes = node.content(1), *no = node.content(2);
  if (!condition || !yes || !no) return {};
  if (yes->is_real != no->is_real) throw bad_input("the inputs' types differ");
  const Shape& out = translation.outputs[0].shape;
  Content result;
  result.is_real = yes->is_real;
  const auto count = static_cast<std::size_t>(out.element_count());
  for (std::size_t slot = 0; slot < 3; ++slot)
    if (broadcast_shapes(node, {node.shape(slot), out}) != out) return {};
  for (std::size_t at = 0; at < count; ++at) {
    const bool take = condition->real(operand_index(node.shape(0), out, at)) != 0;
    const Content& from = take ? *yes : *no;
    const std::size_t index = operand_index(node.shape(take ? 1 : 2), out, at);
    if (index >= from.size()) return {};
    if (result.is_real)
      result.reals.push_back(from.reals[index]);
    else
      result.integers.push_back(from.integers[index]);
  }
  return one_content(std::move(result));
}

std::vector<ContentPtr> fold_range(const NodeView& node, const Translation& translation) {
  const Content *start = node.content(0), *delta = node.content(2);
  if (!start || !delta || start->size() != 1 || delta->size() != 1) return {};
  Content result;
  result.is_real = start->is_real;
  if (delta->is_real != result.is_real) throw bad_input("the inputs' types differ");
  const std::int64_t count = translation.outputs[0].shape.element_count();
  for (std::int64_t i = 0; i < count; ++i) {
    if (result.is_real)
      result.reals.push_back(start->reals[0] + static_cast<double>(i) * delta->reals[0]);
    else
      result.integers.push_back(
          checked_add(start->integers[0], checked_mul(i, delta->integers[0])));
  }
  return one_content(std::move(result));
}

// ---- Many to one ------------------------------------------------------------------------------

// Reduces everything to one element; along single axes only shapes matter, and they are known.
template <IntegerRule on_integers, RealRule on_reals>
std::vector<ContentPtr> reduce(const NodeView& node, const Translation& translation) {
  const Content* content = node.content(0);
  if (!content || content->size() == 0 || translation.outputs[0].shape.element_count() != 1)
    return {};
  Content result;
  result.is_real = content->is_real;
  if (result.is_real) {
    double value = content->reals[0];
    for (std::size_t i = 1; i < content->size(); ++i) value = on_reals(value, content->reals[i]);
    result.reals = {rounded(value, node.dtype(0))};
  } else {
    std::int64_t value = content->integers[0];
    for (std::size_t i = 1; i < content->size(); ++i)
      value = on_integers(value, content->integers[i]);
    result.integers = {value};
  }
  return one_content(std::move(result));
}

constexpr FoldRule kRules[] = {
    {"Add", combine<add, add>},
    {"Sum", combine<add, add>},
    {"Sub", combine<subtract, subtract>},
    {"Mul", combine<multiply, multiply>},
    {"Div", combine<divide, divide>},
    {"Mod", combine<modulo, modulo>},
    {"Pow", combine<power, power>},
    {"Max", combine<larger, larger>},
    {"Min", combine<smaller, smaller>},
    {"And", combine<both, both>},
    {"Or", combine<either, either>},
    {"Xor", combine<one_of, one_of>},
    {"Equal", combine<equal, equal>},
    {"Less", combine<less, less>},
    {"LessOrEqual", combine<less_or_equal, less_or_equal>},
    {"Greater", combine<greater, greater>},
    {"GreaterOrEqual", combine<greater_or_equal, greater_or_equal>},
    {"Neg", fold_negate},
    {"Abs", fold_absolute},
    {"Floor", fold_floor},
    {"Ceil", fold_ceil},
    {"Round", fold_round},
    {"Sqrt", fold_sqrt},
    {"Reciprocal", fold_reciprocal},
    {"Sign", fold_sign},
    {"Not", fold_not},
    {"Cast", fold_cast},
    {"CastLike", fold_cast},
    {"Where", fold_where},
    {"Range", fold_range},
    {"ReduceProd", reduce<multiply, multiply>},
    {"ReduceSum", reduce<add, add>},
    {"ReduceMax", reduce<larger, larger>},
    {"ReduceMin", reduce<smaller, smaller>},
};

}  // namespace

std::span<const FoldRule> arithmetic_folds() { return kRules; }

}  // namespace neuralpower::onnx
