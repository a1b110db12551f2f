// SPDX-License-Identifier: Apache-2.0
// Table: rows of text set in aligned columns, for a terminal.
//
// A column is aligned right (numbers) or left. When the table is wider than `width`, the widest
// left column that may shrink is cut with an ellipsis (the last is broken into lines if the rows are
// few), and so is text of more than 240 characters in any table; numbers are never cut.
#pragma once

#include <string>
#include <vector>

namespace neuralpower {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add_row(std::vector<std::string> cells);  // one cell a column
  void add_rule();                               // a line across, before totals

  // `width`: columns of the terminal; 0: as wide as it needs.
  std::string render(int width = 0) const;

 private:
  std::string render_in_parts(const std::vector<int>& widths, int width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty row is a rule
};

// Number of terminal cells of UTF-8 text, one per code point.
int display_width(std::string_view text);

// "12.3k", "4.09G": a count with three digits and an SI prefix.
std::string with_si_prefix(double value);

// A number with `digits` significant digits and no exponent where that stays readable.
std::string with_digits(double value, int digits = 4);

// A bar of eighth blocks, `cells` wide at fraction 1.
std::string bar(double fraction, int cells);

}  // namespace neuralpower
