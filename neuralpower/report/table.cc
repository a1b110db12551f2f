// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

// Every row is as wide as the widest: one long cell must not blow up all of them.
constexpr int kWidestText = 240;
// The last column, if it is text, is broken into lines in a table of few rows, and cut in others.
constexpr std::size_t kFewRows = 200;
constexpr int kNarrowestLast = 24;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string shortened(const std::string& text, int width) {
  if (display_width(text) <= width) return text;
  std::string out;
  int cells = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_continuation(text[i]) && ++cells > width - 1) break;
    out += text[i];
  }
  return out + "\u2026";
}

// Lines of at most `width` cells, broken at blanks where there are any.
std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines(1);
  for (std::string_view word : split_blanks(text)) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= width) {
      line += " " + std::string(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::add_rule() { rows_.emplace_back(); }

std::string Table::render(int width) const {
  std::vector<int> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    int widest = display_width(columns_[c].title);
    for (const auto& row : rows_)
      if (!row.empty()) widest = std::max(widest, display_width(row[c]));
    const bool is_text = columns_[c].align == Align::kLeft;
    widths.push_back(is_text ? std::min(widest, kWidestText) : widest);
  }
  const auto total = [&] {
    int sum = -2;
    for (int w : widths) sum += w + 2;
    return sum;
  };
  const bool text_last = columns_.back().align == Align::kLeft;
  while (width > 0 && total() > width) {
    if (text_last && widths.back() > kNarrowestLast) {
      --widths.back();
      continue;
    }
    int widest = -1;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (columns_[c].align == Align::kLeft && widths[c] > 8 &&
          (widest < 0 || widths[c] > widths[static_cast<std::size_t>(widest)]))
        widest = static_cast<int>(c);
    if (widest < 0) break;
    --widths[static_cast<std::size_t>(widest)];
  }
  if (width > 0 && total() > width && columns_.size() > 2) return render_in_parts(widths, width);
  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string cell = shortened(cell_of(c), widths[c]);
      const std::string blanks(static_cast<std::size_t>(widths[c] - display_width(cell)), ' ');
      line += (c == 0 ? "" : "  ");
      line += columns_[c].align == Align::kLeft ? cell + blanks : blanks + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  const auto add_rule_line = [&] {
    for (int i = 0; i < total(); ++i) out += "\u2500";
    out += "\n";
  };
  add_line([&](std::size_t c) { return columns_[c].title; });
  add_rule_line();
  for (const auto& row : rows_) {
    if (row.empty()) {
      add_rule_line();
    } else {
      const auto last = text_last && rows_.size() <= kFewRows ? wrapped(row.back(), widths.back())
                                                              : std::vector{row.back()};
      for (std::size_t i = 0; i < last.size(); ++i)
        add_line([&](std::size_t c) {
          return c + 1 == columns_.size() ? last[i] : i == 0 ? row[c] : std::string();
        });
    }
  }
  return out;
}

std::string Table::render_in_parts(const std::vector<int>& widths, int width) const {
  int used = widths[0];
  std::size_t end = 1;  // of the columns that fit beside each other, two at least
  while (end < columns_.size() && (end < 2 || used + 2 + widths[end] <= width))
    used += 2 + widths[end++];
  if (end == columns_.size()) --end;
  Table first({columns_.begin(), columns_.begin() + static_cast<std::ptrdiff_t>(end)});
  Table rest({columns_[0]});
  rest.columns_.insert(rest.columns_.end(), columns_.begin() + static_cast<std::ptrdiff_t>(end),
                       columns_.end());
  for (const auto& row : rows_) {
    first.rows_.emplace_back();
    rest.rows_.emplace_back();
    if (row.empty()) continue;
    const auto middle = row.begin() + static_cast<std::ptrdiff_t>(end);
    first.rows_.back().assign(row.begin(), middle);
    rest.rows_.back() = {row[0]};
    rest.rows_.back().insert(rest.rows_.back().end(), middle, row.end());
  }
  return first.render(width) + "\n" + rest.render(width);
}

int display_width(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string with_si_prefix(double value) {
  static constexpr std::array<const char*, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t i = 0;
  while (std::abs(value) >= 999.5 && i + 1 < kPrefixes.size()) {
    value /= 1000;
    ++i;
  }
  const int decimals = i == 0 ? 0 : std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, kPrefixes[i]);
}

std::string with_digits(double value, int digits) {
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e9) return fmt::format("{:.{}e}", value, digits - 1);
  const int before = static_cast<int>(std::floor(std::log10(magnitude))) + 1;
  return fmt::format("{:.{}f}", value, std::max(0, digits - before));
}

std::string bar(double fraction, int cells) {
  static constexpr std::array<const char*, 8> kEighths = {"",       "\u258f", "\u258e", "\u258d",
                                                          "\u258c", "\u258b", "\u258a", "\u2589"};
  const int eighths = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * cells * 8));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "\u2588";
  return out + kEighths[static_cast<std::size_t>(eighths % 8)];
}

}  // namespace neuralpower
