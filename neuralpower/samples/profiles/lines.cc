// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/lines.h"

#include <algorithm>
#include <cctype>
#include <istream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {

void for_each_line(std::istream& in, const std::function<void(std::string_view)>& take) {
  constexpr std::size_t kLongest = std::size_t{1} << 20;
  std::string line;
  std::size_t number = 1;
  const auto end_line = [&] {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    try {
      take(line);
    } catch (Error& error) {
      throw error.in_node("line " + std::to_string(number));
    }
    line.clear();
    ++number;
  };
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') {
      end_line();
      continue;
    }
    if (c == 0 || line.size() == kLongest)
      throw bad_input("line " + std::to_string(number) + " is no text");
    line.push_back(static_cast<char>(c));
  }
  if (!line.empty()) end_line();
}

std::vector<std::int64_t> whole_numbers(std::string_view text) {
  std::vector<std::int64_t> numbers;
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
  };
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (is_digit(i)) ++i;
    const auto value = parse_int(text.substr(begin, i - begin));
    if (!value) throw bad_input("a number of " + std::to_string(i - begin) + " digits");
    numbers.push_back(*value);
  }
  return numbers;
}

std::optional<double> first_number(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find_first_not_of("0123456789.", begin);
  return parse_double(text.substr(begin, end == std::string_view::npos ? end : end - begin));
}

void RepeatedNodes::add(std::string key, ProfileEvent event, Seconds time) {
  const auto [place, is_new] = numbers_.try_emplace(std::move(key), kinds_.size());
  if (is_new) kinds_.push_back(std::move(event));
  turns_.push_back({place->second, time});
}

std::vector<ProfileEvent> RepeatedNodes::finish(std::size_t& left_out) {
  left_out = 0;
  const std::size_t count = turns_.size();
  if (count == 0) return {};
  const auto at = [&](std::size_t i) { return turns_[count - 1 - i].what; };  // from the end
  // The failure function of Knuth, Morris and Pratt over the reversed log: the longest stretch at
  // the log's end that has a period shorter than half of it.
  std::vector<std::size_t> border(count, 0);
  std::size_t period = count, covered = count;
  double best = 0;
  for (std::size_t i = 1; i < count; ++i) {
    std::size_t b = border[i - 1];
    while (b > 0 && at(i) != at(b)) b = border[b - 1];
    if (at(i) == at(b)) ++b;
    border[i] = b;
    const std::size_t p = i + 1 - b;
    const std::size_t runs = (i + 1) / p;
    // Long stretches beat short ones; a stretch of one node repeated is a run only if it is all.
    const auto length = static_cast<double>(runs * p);
    if (runs >= 2 && length > best) {
      best = length;
      period = p;
      covered = runs * p;
    }
  }
  if (best < 0.5 * static_cast<double>(count)) period = covered = count;
  left_out = count - covered;
  std::vector<ProfileEvent> events(period);
  for (std::size_t i = left_out; i < count; ++i) {
    ProfileEvent& event = events[(i - left_out) % period];
    if (event.times.empty()) event = kinds_[turns_[i].what];
    event.times.push_back(turns_[i].time);
  }
  return events;
}

}  // namespace neuralpower
