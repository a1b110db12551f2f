// SPDX-License-Identifier: Apache-2.0
// Text helpers without domain words: strict number parsing, splitting, safe printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

std::string_view trim(std::string_view text);

// Pieces between separators; "a,,b" gives three, "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

// Non-empty pieces between runs of blanks.
std::vector<std::string_view> split_blanks(std::string_view text);

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string to_lower(std::string_view text);

// The whole of `text` as a number, or nothing. No leading blanks, no trailing characters, no
// overflow; doubles must be finite.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// The shortest decimal that reads back as the same double.
std::string format_double(double value);

// `text` fit for a terminal and for one line: control characters and broken UTF-8 become \xNN, and
// long text is cut after `limit` bytes with an ellipsis.
std::string printable(std::string_view text, std::size_t limit = 400);

// The candidate closest to `word` by edit distance if it is close enough to be a misspelling.
std::optional<std::string> closest_word(std::string_view word,
                                        const std::vector<std::string>& candidates);

}  // namespace neuralpower
