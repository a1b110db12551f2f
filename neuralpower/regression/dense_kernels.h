// SPDX-License-Identifier: Apache-2.0
// The few inner loops that take the time, each compiled for SSE2, AVX2 and AVX-512; the processor
// decides once which set runs. On one machine a kernel's result depends on its input alone.
//
// Storage they share: lengths and strides are multiples of 8 doubles, pointers stand on cache
// lines, and what lies beyond the used part is zero. A packed block holds its columns in panels of
// eight: element (r, j) at panels[(j / 8) * panel_stride + r * 8 + j % 8]. A triangular factor L is
// stored by columns, element (i, j) at factor[j * stride + i], zero on and above the diagonal; the
// reciprocals of its diagonal stand apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neuralpower {

constexpr std::size_t kLane = 8;         // columns of a panel
constexpr std::size_t kPanelGroup = 24;  // a cross-product's stride is a multiple of this

struct DenseKernels {
  const char* name;

  // Copies panel_count x 8 doubles of a row into the packed block at `to`, adding weight x row to
  // `sum`.
  void (*pack_row)(const double* row, std::size_t panel_count, double weight, double* to,
                   std::size_t panel_stride, double* sum);

  // One panel of `rows` rows: subtracts `pivot` from each, adds weights[r] x what is left to the
  // eight `drift`, then multiplies row r by roots[r]. `weights` and `roots` are null for ones.
  void (*centre_panel)(double* panel, std::size_t rows, const double* pivot, const double* weights,
                       const double* roots, double* drift);

  // Adds the lower triangle of Z'Z to `out` (row stride `stride`, a multiple of kPanelGroup), Z
  // being `rows` rows of `panel_count` panels. Elements above the diagonal become meaningless.
  void (*add_cross_products)(const double* panels, std::size_t rows, std::size_t panel_stride,
                             std::size_t panel_count, double* out, std::size_t stride);

  // The eight rows of A'B that one panel of A gives, B being `panel_count` panels (a multiple of
  // three): out[i * 8 panel_count + j].
  void (*multiply_panel)(const double* a_panel, const double* b_panels, std::size_t rows,
                         std::size_t b_stride, std::size_t panel_count, double* out);

  // The lower triangle: out += other + up up' - down down', `other` being optional.
  void (*merge_lower)(double* out, const double* other, const double* up, const double* down,
                      std::size_t size, std::size_t stride);

  // The lower triangle: out + lost += other + up up', `lost` collecting what rounding takes from
  // out.
  void (*merge_lower_compensated)(double* out, double* lost, const double* other, const double* up,
                                  std::size_t size, std::size_t stride);

  // out = start - sum over i < count of values[i] * (row columns[i] of matrix), `size` elements.
  void (*subtract_rows)(const double* start, const double* matrix, std::size_t stride,
                        std::size_t size, const std::uint32_t* columns, const double* values,
                        std::size_t count, double* out);

  // x := L^-1 x and x := L^-T x, x padded with zeros to a multiple of eight.
  void (*solve_lower)(const double* factor, std::size_t stride, const double* inverse_diagonal,
                      std::size_t size, double* x);
  void (*solve_lower_transposed)(const double* factor, std::size_t stride,
                                 const double* inverse_diagonal, std::size_t size, double* x);

  // L L' := L L' + w w' from column `first` on; w is zero before `first` and is used up.
  void (*rank_one_update)(double* factor, std::size_t stride, double* diagonal,
                          double* inverse_diagonal, std::size_t first, std::size_t size, double* w);
};

// The best set this processor can run.
const DenseKernels& dense_kernels();

// All sets it can run, the best first.
std::vector<const DenseKernels*> supported_dense_kernels();

}  // namespace neuralpower
