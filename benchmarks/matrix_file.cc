// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/matrix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {

bool is_binary(const std::string& path) { return path.ends_with(".f64"); }

Table read_table(const std::string& path, std::size_t binary_columns) {
  Table table;
  if (is_binary(path)) {
    BinaryRows rows(path, binary_columns);
    table.rows = rows.rows();
    table.cols = binary_columns;
    table.values = rows.next(rows.rows());
    return table;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw bad_input("cannot be read").in_file(path);
  std::string line;
  while (std::getline(in, line)) {
    if (trim(line).empty()) continue;
    const std::size_t before = table.values.size();
    for (const std::string_view field : split(line, ',')) {
      const auto value = parse_double(trim(field));
      if (!value) {
        throw bad_input("row " + std::to_string(table.rows + 1) + ", column " +
                        std::to_string(table.values.size() - before + 1) +
                        ": not a finite number: " + std::string(field))
            .in_file(path);
      }
      table.values.push_back(*value);
    }
    const std::size_t cols = table.values.size() - before;
    if (table.rows > 0 && cols != table.cols) {
      throw bad_input("row " + std::to_string(table.rows + 1) + " has " + std::to_string(cols) +
                      " columns, the first has " + std::to_string(table.cols))
          .in_file(path);
    }
    table.cols = cols;
    ++table.rows;
  }
  return table;
}

BinaryRows::BinaryRows(const std::string& path, std::size_t columns)
    : path_(path), columns_(columns) {
  if (columns == 0) throw usage_error(".f64 needs --columns P").in_file(path);
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file_ < 0 || ::fstat(file_, &status) != 0) {
    if (file_ >= 0) ::close(file_);
    throw bad_input("cannot be read").in_file(path);
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  const std::size_t row_bytes = sizeof(double) * columns;
  if (bytes % row_bytes != 0) {
    ::close(file_);
    throw bad_input("not a whole number of rows of " + std::to_string(columns) + " columns")
        .in_file(path);
  }
  rows_ = bytes / row_bytes;
}

BinaryRows::~BinaryRows() { ::close(file_); }

const std::vector<double>& BinaryRows::next(std::size_t limit) {
  const std::size_t count = std::min(limit, rows_ - at_);
  block_.resize(count * columns_);
  const std::size_t bytes = block_.size() * sizeof(double);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(file_, reinterpret_cast<char*>(block_.data()) + done, bytes - done,
                                static_cast<off_t>(at_ * columns_ * sizeof(double) + done));
    if (got <= 0) throw bad_input("cannot be read to its end").in_file(path_);
    done += static_cast<std::size_t>(got);
  }
  at_ += count;
  return block_;
}

}  // namespace neuralpower
