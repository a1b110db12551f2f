// SPDX-License-Identifier: Apache-2.0
// Every kernel of every set this processor can run, against plain loops.
#include "neuralpower/regression/dense_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "neuralpower/regression/aligned_vector.h"

namespace neuralpower {
namespace {

class DenseKernel : public testing::TestWithParam<const DenseKernels*> {
 protected:
  double draw() { return normal_(random_); }

  AlignedVector draws(std::size_t used, std::size_t size) {
    AlignedVector values(size, 0.0);
    for (std::size_t i = 0; i < used; ++i) values[i] = draw();
    return values;
  }

  // Panels of `columns` columns and `rows` rows, padded to whole groups.
  AlignedVector panels(std::size_t columns, std::size_t rows, std::size_t stride) {
    AlignedVector packed(round_up(columns, kPanelGroup) / kLane * stride, 0.0);
    for (std::size_t j = 0; j < columns; ++j) {
      for (std::size_t r = 0; r < rows; ++r)
        packed[j / kLane * stride + r * kLane + j % kLane] = draw();
    }
    return packed;
  }

  static double product(const AlignedVector& a, std::size_t i, const AlignedVector& b,
                        std::size_t j, std::size_t rows, std::size_t stride) {
    double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      sum += a[i / kLane * stride + r * kLane + i % kLane] *
             b[j / kLane * stride + r * kLane + j % kLane];
    }
    return sum;
  }

  // A well-conditioned triangular factor, by columns, without its diagonal.
  void make_factor(std::size_t size, std::size_t stride) {
    factor_.assign(size * stride, 0.0);
    diagonal_.assign(stride, 0.0);
    inverse_.assign(stride, 0.0);
    for (std::size_t j = 0; j < size; ++j) {
      diagonal_[j] = 2 + std::abs(draw());
      inverse_[j] = 1 / diagonal_[j];
      for (std::size_t i = j + 1; i < size; ++i) factor_[j * stride + i] = 0.2 * draw();
    }
  }
  double factor_at(std::size_t i, std::size_t j, std::size_t stride) const {
    return i == j ? diagonal_[j] : factor_[j * stride + i];
  }

  const DenseKernels& kernels_ = *GetParam();
  AlignedVector factor_, diagonal_, inverse_;

 private:
  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
};

TEST_P(DenseKernel, CrossProducts) {
  for (const std::size_t columns : {1, 7, 8, 23, 24, 25, 50}) {
    const std::size_t rows = 3 * columns, stride = (rows + 1) * kLane;
    const AlignedVector z = panels(columns, rows, stride);
    const std::size_t out_stride = round_up(columns, kPanelGroup);
    AlignedVector out(round_up(columns, kLane) * out_stride, 1.0);
    kernels_.add_cross_products(z.data(), rows, stride, round_up(columns, kLane) / kLane,
                                out.data(), out_stride);
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        EXPECT_NEAR(out[i * out_stride + j], 1 + product(z, i, z, j, rows, stride), 1e-12);
      }
    }
  }
}

TEST_P(DenseKernel, MultiplyPanel) {
  const std::size_t rows = 37, stride = rows * kLane, columns = 48;
  const AlignedVector a = panels(8, rows, stride), b = panels(columns, rows, stride);
  AlignedVector out(8 * columns, 5.0);
  kernels_.multiply_panel(a.data(), b.data(), rows, stride, columns / kLane, out.data());
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      EXPECT_NEAR(out[i * columns + j], product(a, i, b, j, rows, stride), 1e-12);
    }
  }
}

TEST_P(DenseKernel, PackAndCentre) {
  const AlignedVector row = draws(16, 16);
  AlignedVector to(2 * 24, 0.0), sum(16, 1.0);
  kernels_.pack_row(row.data(), 2, 3.0, to.data(), 24, sum.data());
  for (std::size_t j = 0; j < 16; ++j) {
    EXPECT_EQ(to[j / 8 * 24 + j % 8], row[j]);
    EXPECT_NEAR(sum[j], 1 + 3 * row[j], 1e-15);
  }
  const AlignedVector start = draws(5 * 8, 5 * 8), pivot = draws(8, 8), weights = draws(5, 8),
                      roots = draws(5, 8);
  for (const bool weighted : {false, true}) {
    AlignedVector panel = start, drift(8, 9.0);
    kernels_.centre_panel(panel.data(), 5, pivot.data(), weighted ? weights.data() : nullptr,
                          weighted ? roots.data() : nullptr, drift.data());
    for (std::size_t lane = 0; lane < 8; ++lane) {
      double left = 0;
      for (std::size_t r = 0; r < 5; ++r) {
        const double deviation = start[r * 8 + lane] - pivot[lane];
        left += (weighted ? weights[r] : 1) * deviation;
        EXPECT_NEAR(panel[r * 8 + lane], (weighted ? roots[r] : 1) * deviation, 1e-15);
      }
      EXPECT_NEAR(drift[lane], left, 1e-14);
    }
  }
}

TEST_P(DenseKernel, MergeLower) {
  const std::size_t size = 19, stride = 24;
  const AlignedVector start = draws(24 * stride, 24 * stride),
                      other = draws(24 * stride, 24 * stride);
  const AlignedVector up = draws(size, stride), down = draws(size, stride);
  for (const bool with_other : {false, true}) {
    AlignedVector out = start;
    kernels_.merge_lower(out.data(), with_other ? other.data() : nullptr, up.data(), down.data(),
                         size, stride);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const std::size_t at = i * stride + j;
        EXPECT_NEAR(out[at],
                    start[at] + (with_other ? other[at] : 0) + up[i] * up[j] - down[i] * down[j],
                    1e-14);
      }
    }
  }
}

TEST_P(DenseKernel, MergeLowerCompensatedLosesNothing) {
  const std::size_t size = 11, stride = 24;
  const AlignedVector up = draws(size, stride), other = draws(24 * stride, 24 * stride);
  AlignedVector out(24 * stride, 1e10), lost(24 * stride, 0.0);
  for (int i = 0; i < 50; ++i) {
    kernels_.merge_lower_compensated(out.data(), lost.data(), other.data(), up.data(), size,
                                     stride);
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const std::size_t at = i * stride + j;
      EXPECT_NEAR((out[at] - 1e10) + lost[at], 50 * (other[at] + up[i] * up[j]), 1e-12);
    }
  }
}

TEST_P(DenseKernel, SubtractRows) {
  const std::size_t size = 21, stride = 24;
  const AlignedVector matrix = draws(size * stride, size * stride), start = draws(size, stride);
  for (const std::size_t count : {0, 1, 4, 7}) {
    std::vector<std::uint32_t> columns;
    for (std::size_t i = 0; i < count; ++i)
      columns.push_back(static_cast<std::uint32_t>(3 * i % 20));
    const AlignedVector values = draws(count, 8);
    AlignedVector out(stride, 0.0);
    kernels_.subtract_rows(start.data(), matrix.data(), stride, size, columns.data(), values.data(),
                           count, out.data());
    for (std::size_t j = 0; j < size; ++j) {
      double expected = start[j];
      for (std::size_t i = 0; i < count; ++i)
        expected -= values[i] * matrix[columns[i] * stride + j];
      EXPECT_NEAR(out[j], expected, 1e-14);
    }
  }
}

TEST_P(DenseKernel, TriangularSolves) {
  for (const std::size_t size : {1, 5, 8, 9, 16, 30}) {
    const std::size_t stride = 32;
    make_factor(size, stride);
    const AlignedVector right = draws(size, stride);
    AlignedVector x = right, t = right;
    kernels_.solve_lower(factor_.data(), stride, inverse_.data(), size, x.data());
    kernels_.solve_lower_transposed(factor_.data(), stride, inverse_.data(), size, t.data());
    for (std::size_t i = 0; i < size; ++i) {
      double lower = 0, transposed = 0;
      for (std::size_t j = 0; j <= i; ++j) lower += factor_at(i, j, stride) * x[j];
      for (std::size_t j = i; j < size; ++j) transposed += factor_at(j, i, stride) * t[j];
      EXPECT_NEAR(lower, right[i], 1e-13);
      EXPECT_NEAR(transposed, right[i], 1e-13);
    }
    for (std::size_t i = size; i < stride; ++i) EXPECT_EQ(x[i], 0);
  }
}

TEST_P(DenseKernel, RankOneUpdate) {
  const std::size_t size = 21, stride = 24;
  for (const std::size_t first : {0, 5, 8, 20}) {
    make_factor(size, stride);
    const auto square = [&](std::size_t i, std::size_t j) {
      double sum = 0;
      for (std::size_t k = 0; k <= std::min(i, j); ++k) {
        sum += factor_at(i, k, stride) * factor_at(j, k, stride);
      }
      return sum;
    };
    std::vector<double> before;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) before.push_back(square(i, j));
    }
    AlignedVector w(stride, 0.0);
    for (std::size_t i = first; i < size; ++i) w[i] = draw();
    const AlignedVector added = w;
    kernels_.rank_one_update(factor_.data(), stride, diagonal_.data(), inverse_.data(), first, size,
                             w.data());
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_NEAR(diagonal_[i] * inverse_[i], 1, 1e-15);
      for (std::size_t j = 0; j < size; ++j) {
        EXPECT_NEAR(square(i, j), before[i * size + j] + added[i] * added[j], 1e-12);
        if (i < j) {
          EXPECT_EQ(factor_[j * stride + i], 0);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, DenseKernel, testing::ValuesIn(supported_dense_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace neuralpower
