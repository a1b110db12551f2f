// SPDX-License-Identifier: Apache-2.0
// What the C++ library of Emscripten 3.1 (libc++ 14) has not yet: std::bit_cast, and numbers with a
// fraction in <charconv>. Included before every source of the browser's build, and only there.
//
// Both directions are exact: strtod rounds correctly, and the shortest decimal is found by trying.
#pragma once

#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace std {

#ifndef __cpp_lib_bit_cast
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}
#endif

#ifndef __cpp_lib_to_chars
// As the standard's: no leading blanks, no plus, no hexadecimal; what does not fit is out of range.
inline from_chars_result from_chars(const char* first, const char* last, double& value) {
  const string text(first, last);
  const size_t sign = !text.empty() && text[0] == '-' ? 1 : 0;
  const char lead = sign < text.size() ? text[sign] : '\0';
  const bool number = (lead >= '0' && lead <= '9') || lead == '.';
  if (!number) return {first, errc::invalid_argument};
  if (lead == '0' && sign + 1 < text.size() && (text[sign + 1] == 'x' || text[sign + 1] == 'X')) {
    value = sign ? -0.0 : 0.0;
    return {first + sign + 1, errc()};
  }
  char* end = nullptr;
  const double parsed = strtod(text.c_str(), &end);
  if (end == text.c_str()) return {first, errc::invalid_argument};
  const char* stopped = first + (end - text.c_str());
  const bool nothing = parsed == 0 &&
                       text.find_first_of("123456789") < static_cast<size_t>(stopped - first) &&
                       text.find_first_of("123456789") < text.find_first_of("eE");
  if (parsed - parsed != 0 || nothing) return {stopped, errc::result_out_of_range};
  value = parsed;
  return {stopped, errc()};
}

// The shortest decimal that reads back as the same number; fixed where that is not longer.
inline to_chars_result to_chars(char* first, char* last, double value) {
  constexpr int kAllDigits = 17;
  char scientific[32], fixed[400];
  int digits = 1;
  do {
    snprintf(scientific, sizeof scientific, "%.*e", digits - 1, value);
  } while (digits++ < kAllDigits && strtod(scientific, nullptr) != value);
  const char* exponent_at = strchr(scientific, 'e');
  const char* chosen = scientific;
  if (exponent_at) {
    const int exponent = atoi(exponent_at + 1);
    const int decimals = digits - 2 - exponent;
    snprintf(fixed, sizeof fixed, "%.*f", decimals > 0 ? decimals : 0, value);
    if (strlen(fixed) <= strlen(scientific)) chosen = fixed;
  }
  const size_t length = strlen(chosen);
  if (static_cast<size_t>(last - first) < length) return {last, errc::value_too_large};
  memcpy(first, chosen, length);
  return {first + length, errc()};
}
#endif

}  // namespace std
