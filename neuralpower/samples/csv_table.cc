// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/csv_table.h"

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20;

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& file) : file_(file.string()) {
  // Asked before it is opened: a pipe would wait for a writer, a device never end.
  std::error_code failure;
  if (!std::filesystem::is_regular_file(file, failure)) fail_to_open();
  in_.open(file);
  if (!in_) fail_to_open();
  std::string line;
  if (!read_line(line) || trim(line).empty()) throw bad_input(file_ + ": the file is empty");
  if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  const auto names = split_csv_line(trim(line));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!columns_.emplace(names[i], i).second)
      throw located(bad_input("column '" + names[i] + "' stands twice in the header"));
}

void CsvTable::require(std::string_view column) const {
  if (has(column)) return;
  std::vector<std::string> names;
  for (const auto& [name, index] : columns_) names.push_back(name);
  const auto near = closest_word(column, names);
  throw located(bad_input("no column '" + std::string(column) + "' in the header" +
                          (near                   ? " (there is '" + *near + "')"
                           : columns_.size() == 1 ? " (columns are separated by commas)"
                                                  : "")));
}

bool CsvTable::next() {
  std::string line;
  while (read_line(line)) {
    if (trim(line).empty()) continue;
    fields_ = split_csv_line(trim(line));
    if (fields_.size() > columns_.size())
      throw located(bad_input("the row has " + std::to_string(fields_.size()) +
                              " fields but the header " + std::to_string(columns_.size())));
    return true;
  }
  if (in_.bad()) throw located(environment_error("reading failed"));
  return false;
}

std::string_view CsvTable::field(std::string_view column) const {
  const auto found = columns_.find(column);
  if (found == columns_.end() || found->second >= fields_.size()) return {};
  return trim(fields_[found->second]);
}

std::optional<double> CsvTable::number(std::string_view column) const {
  const std::string_view text = field(column);
  if (text.empty()) return std::nullopt;
  const auto value = parse_double(text);
  if (!value)
    throw located(bad_input(std::string(column) + " is '" + std::string(text) +
                            "'; it must be a number or empty"));
  return value;
}

std::optional<double> CsvTable::positive(std::string_view column) const {
  const std::string_view text = field(column);
  if (text.empty()) return std::nullopt;
  const auto value = parse_double(text);
  if (!value || *value <= 0)
    throw located(bad_input(std::string(column) + " is '" + std::string(text) +
                            "'; it must be a positive number or empty"));
  return value;
}

double CsvTable::required_positive(std::string_view column) const {
  const auto value = positive(column);
  if (!value) throw located(bad_input(std::string(column) + " is empty"));
  return *value;
}

std::int64_t CsvTable::whole_or(std::string_view column, std::int64_t fallback) const {
  const std::string_view text = field(column);
  if (text.empty()) return fallback;
  const auto value = parse_int(text);
  if (!value || *value < 0 || *value > 1'000'000'000)
    throw located(bad_input(std::string(column) + " is '" + std::string(text) +
                            "'; it must be a whole number or empty"));
  return *value;
}

Error CsvTable::located(Error error) const {
  return error.in_node("line " + std::to_string(number_)).in_file(file_);
}

void CsvTable::fail_to_open() const {
  std::error_code failure;
  const bool exists = std::filesystem::exists(file_, failure);
  Error error = bad_input(!exists ? "no such file"
                          : std::filesystem::is_regular_file(file_, failure)
                              ? "cannot be read; check its permissions"
                              : "is not a regular file");
  throw error.in_file(file_);
}

bool CsvTable::read_line(std::string& line) {
  line.clear();
  int c = in_.get();
  if (c == std::ifstream::traits_type::eof()) return false;
  ++number_;
  for (; c != '\n' && c != std::ifstream::traits_type::eof(); c = in_.get()) {
    line += static_cast<char>(c);
    if (line.size() > kLongestLine)
      throw located(bad_input("the line is longer than " + std::to_string(kLongestLine >> 20) +
                              " MiB; is this a CSV file?"));
  }
  return true;
}

std::vector<std::string> split_csv_line(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string csv_field(std::string_view text) {
  std::string safe;
  for (const char c : text) safe += (c == '\n' || c == '\r') ? ' ' : c;
  if (safe.find_first_of(",\"") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace neuralpower
