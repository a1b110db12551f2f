// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/space.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

constexpr std::uint64_t kTooMany = 1ull << 63;

// Products and sums that stay at kTooMany once they are there.
std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kTooMany : std::min(product, kTooMany);
}

// Choices of one repetition, as a number of combinations.
std::uint64_t choices_of_one(const Space& space, const RepeatBlock& r) {
  std::uint64_t count = 1;
  for (int k = 1; k <= r.each; ++k)
    count = times(count, space.parameters[static_cast<std::size_t>(r.of + k)].choices.size());
  return count;
}

// The parts of the enumeration, in order: a parameter by itself or a repetition with all of its.
template <typename VisitParameter, typename VisitRepetition>
void for_each_part(const Space& space, VisitParameter parameter, VisitRepetition repetition) {
  auto next = space.repetitions.begin();
  for (std::size_t p = 0; p < space.parameters.size(); ++p) {
    if (next != space.repetitions.end() && static_cast<std::size_t>(next->of) == p) {
      repetition(*next);
      p += static_cast<std::size_t>(next->each * next->high);
      ++next;
    } else {
      parameter(p);
    }
  }
}

// How many architectures a repetition alone gives.
std::uint64_t count_of(const Space& space, const RepeatBlock& r) {
  const std::uint64_t one = choices_of_one(space, r);
  std::uint64_t power = 1, sum = 0;
  for (std::int64_t n = 0; n <= r.high; ++n) {
    if (n >= r.low) sum = std::min(sum + power, kTooMany);
    power = times(power, one);
  }
  return sum;
}

void decode_parameter(const Space& space, std::size_t p, std::uint64_t& index, Architecture& a) {
  const std::size_t choices = space.parameters[p].choices.size();
  a[p] = static_cast<std::uint8_t>(index % choices);
  index /= choices;
}

void decode_repetition(const Space& space, const RepeatBlock& r, std::uint64_t digit,
                       Architecture& a) {
  const std::uint64_t one = choices_of_one(space, r);
  std::uint64_t power = 1;
  for (std::int64_t n = 0; n < r.low; ++n) power = times(power, one);
  std::int64_t made = r.low;
  for (; digit >= power; ++made) {
    digit -= power;
    power = times(power, one);
  }
  const auto of = static_cast<std::size_t>(r.of);
  a[of] = static_cast<std::uint8_t>(made - r.low);
  for (auto k = static_cast<std::size_t>(made * r.each); k >= 1; --k)
    decode_parameter(space, of + k, digit, a);
}

double value_of(const Space& space, const Architecture& a, const Requirement::Side& side) {
  double value = side.factor;
  for (const int p : side.parameters) {
    const auto index = static_cast<std::size_t>(p);
    value *= space.parameters[index].numbers[a[index]];
  }
  return value;
}

bool holds(const Space& space, const Architecture& a, const Requirement& r) {
  const double left = value_of(space, a, r.left), right = value_of(space, a, r.right);
  switch (r.relation) {
    case Requirement::Relation::kLessEqual:
      return left <= right;
    case Requirement::Relation::kGreaterEqual:
      return left >= right;
    case Requirement::Relation::kEqual:
      return left == right;
    case Requirement::Relation::kNotEqual:
      return left != right;
    case Requirement::Relation::kLess:
      return left < right;
    case Requirement::Relation::kGreater:
      return left > right;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> Space::count() const {
  std::uint64_t count = 1;
  for_each_part(
      *this, [&](std::size_t p) { count = times(count, parameters[p].choices.size()); },
      [&](const RepeatBlock& r) { count = times(count, count_of(*this, r)); });
  return count < kTooMany ? std::optional(count) : std::nullopt;
}

double Space::log10_count() const {
  double log = 0;
  for_each_part(
      *this,
      [&](std::size_t p) { log += std::log10(static_cast<double>(parameters[p].choices.size())); },
      [&](const RepeatBlock& r) {
        double one = 0;  // log10 of the choices of one repetition
        for (int k = 1; k <= r.each; ++k)
          one += std::log10(
              static_cast<double>(parameters[static_cast<std::size_t>(r.of + k)].choices.size()));
        double sum = 0;  // relative to the largest, the one made most often
        for (std::int64_t n = r.low; n <= r.high; ++n)
          sum += std::pow(10.0, one * static_cast<double>(n - r.high));
        log += one * static_cast<double>(r.high) + std::log10(sum);
      });
  return log;
}

Architecture Space::at(std::uint64_t index) const {
  struct Part {
    std::size_t parameter = 0;
    const RepeatBlock* repetition = nullptr;
  };
  std::vector<Part> parts;
  for_each_part(
      *this,
      [&](std::size_t p) {
        parts.push_back({p, nullptr});
      },
      [&](const RepeatBlock& r) {
        parts.push_back({0, &r});
      });
  Architecture a(parameters.size(), 0);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->repetition) {
      decode_parameter(*this, part->parameter, index, a);
      continue;
    }
    const std::uint64_t count = count_of(*this, *part->repetition);
    decode_repetition(*this, *part->repetition, index % count, a);
    index /= count;
  }
  return a;
}

bool Space::advance(Architecture& a) const {
  for (std::size_t p = a.size(); p-- > 0;) {
    if (!is_made(parameters[p].presence, a)) continue;
    if (++a[p] < parameters[p].choices.size()) return true;
    a[p] = 0;
  }
  return false;
}

void Space::make_canonical(Architecture& a) const {
  for (std::size_t p = 0; p < a.size(); ++p)
    if (!is_made(parameters[p].presence, a)) a[p] = 0;
}

bool Space::allows(const Architecture& a) const {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& r) {
    return !is_made(r.presence, a) || holds(*this, a, r);
  });
}

bool is_made(const Presence& presence, const Architecture& a) {
  if (presence.of < 0) return true;
  return a[static_cast<std::size_t>(presence.of)] >= presence.at_least;
}

std::string describe(const Space& space, const Architecture& a) {
  std::string text;
  for (std::size_t p = 0; p < a.size(); ++p) {
    const SpaceParameter& parameter = space.parameters[p];
    if (is_made(parameter.presence, a))
      text += (text.empty() ? "" : " ") + parameter.name + "=" + parameter.choices[a[p]];
  }
  return text;
}

std::string line_text(const Space& space, const SpaceLine& line, const Architecture& a) {
  const std::size_t which =
      line.alternative_parameter < 0 ? 0 : a[static_cast<std::size_t>(line.alternative_parameter)];
  const std::string& text = line.alternatives[which];
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    const std::size_t close = text.find('}', i);
    const auto p = static_cast<std::size_t>(*parse_int(text.substr(i + 2, close - i - 2)));
    out += space.parameters[p].choices[a[p]];
    i = close;
  }
  return out;
}

}  // namespace neuralpower
