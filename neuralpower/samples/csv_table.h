// SPDX-License-Identifier: Apache-2.0
// CsvTable: a CSV file read row by row, its columns by name and in any order, with errors that name
// file and line.
//
// The first line is the header. Blank lines are skipped; a short row's missing fields are empty, a
// row longer than the header is an Error. Fields may be quoted (RFC 4180), but hold no line breaks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/error.h"

namespace neuralpower {

class CsvTable {
 public:
  // Reads the header. Error (bad input) for no file, no header, or a column that stands twice.
  explicit CsvTable(const std::filesystem::path& file);

  bool has(std::string_view column) const { return columns_.contains(column); }
  // Error with the nearest column there is.
  void require(std::string_view column) const;

  // Steps to the next row that is not blank; false at the end.
  bool next();

  // The field, empty if the column or the value is absent.
  std::string_view field(std::string_view column) const;

  // The field as a number: absent if empty, an Error if it is none or out of range.
  std::optional<double> number(std::string_view column) const;
  std::optional<double> positive(std::string_view column) const;
  double required_positive(std::string_view column) const;
  std::int64_t whole_or(std::string_view column, std::int64_t fallback) const;

  // `error` with this file and the current line.
  Error located(Error error) const;

 private:
  [[noreturn]] void fail_to_open() const;
  bool read_line(std::string& line);  // false at the end

  std::string file_;
  std::ifstream in_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string> fields_;
  std::size_t number_ = 0;
};

// One line of CSV into its fields (RFC 4180: quotes, doubled quotes; no line breaks in fields).
std::vector<std::string> split_csv_line(std::string_view line);

// `text` quoted where it must be.
std::string csv_field(std::string_view text);

}  // namespace neuralpower
