// SPDX-License-Identifier: Apache-2.0
// A row-major matrix somebody else owns. Rows are observations, columns are terms.
#pragma once

#include <cstddef>

namespace neuralpower {

struct MatrixView {
  const double* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;  // doubles from one row to the next; at least cols

  MatrixView() = default;
  MatrixView(const double* values, std::size_t row_count, std::size_t col_count)
      : MatrixView(values, row_count, col_count, col_count) {}
  MatrixView(const double* values, std::size_t row_count, std::size_t col_count,
             std::size_t row_stride)
      : data(values), rows(row_count), cols(col_count), stride(row_stride) {}

  const double* row(std::size_t i) const { return data + i * stride; }
  double at(std::size_t i, std::size_t j) const { return data[i * stride + j]; }
};

}  // namespace neuralpower
