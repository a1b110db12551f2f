// SPDX-License-Identifier: Apache-2.0
// Matrices of plain numbers in files: CSV without a header, or .f64, row-major doubles as they lie
// in memory. Errors name the file, and row and column where there are any.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace neuralpower {

struct Table {
  std::vector<double> values;
  std::size_t rows = 0, cols = 0;
};

bool is_binary(const std::string& path);

// The whole file; a binary one has `binary_columns` columns.
Table read_table(const std::string& path, std::size_t binary_columns);

// A binary file block by block.
class BinaryRows {
 public:
  BinaryRows(const std::string& path, std::size_t columns);
  BinaryRows(const BinaryRows&) = delete;
  BinaryRows& operator=(const BinaryRows&) = delete;
  ~BinaryRows();

  std::size_t rows() const { return rows_; }

  // The next rows, at most `limit`, row-major; empty at the end. They stay until the next call.
  const std::vector<double>& next(std::size_t limit);
  void rewind() { at_ = 0; }

 private:
  std::string path_;
  int file_ = -1;
  std::size_t columns_, rows_ = 0, at_ = 0;
  std::vector<double> block_;
};

}  // namespace neuralpower
