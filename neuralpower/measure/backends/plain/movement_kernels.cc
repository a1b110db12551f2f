// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/movement_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace neuralpower::plain {
namespace {

using Index = std::int64_t;

std::size_t cells(const Shape& shape) { return static_cast<std::size_t>(shape.element_count()); }

// Rows of the output, each from a place in the input, with zeros on both sides.
struct RowCopies {
  Index width = 0;          // of a row of the output
  Index before = 0;         // zeros in front of what is copied
  Index length = 0;         // so many cells of it
  std::vector<Index> from;  // the first cell of each; negative: the row is zero
};

Kernel copy_rows(const Shape& in, const Shape& out, RowCopies copies) {
  Kernel kernel;
  kernel.implementation = "loops";
  kernel.inputs = {{cells(in)}};
  kernel.output = cells(out);
  kernel.run = [copies = std::move(copies)](const Pointers& p) {
    const auto rows = static_cast<Index>(copies.from.size());
#pragma omp parallel for schedule(static)
    for (Index row = 0; row < rows; ++row) {
      float* to = p.output + row * copies.width;
      const Index from = copies.from[static_cast<std::size_t>(row)];
      const Index length = from < 0 ? 0 : copies.length, before = from < 0 ? 0 : copies.before;
      std::fill(to, to + before, 0.0f);
      if (length > 0) std::copy_n(p.inputs[0] + from, length, to + before);
      std::fill(to + before + length, to + copies.width, 0.0f);
    }
  };
  return kernel;
}

// What both shapes have at their ends is one piece; which piece each is, is drawn.
Kernel gather(const Shape& in, const Shape& out) {
  RowCopies copies;
  copies.width = 1;
  for (std::size_t i = in.rank(), o = out.rank(); i > 1 && o > 1 && in[i - 1] == out[o - 1];
       --i, --o)
    copies.width *= in[i - 1];
  copies.length = copies.width;
  std::mt19937_64 random(cells(in));
  std::uniform_int_distribution<Index> piece(0, in.element_count() / copies.width - 1);
  copies.from.resize(static_cast<std::size_t>(out.element_count() / copies.width));
  for (Index& from : copies.from) from = piece(random) * copies.width;
  return copy_rows(in, out, std::move(copies));
}

// For each row of `out` (all axes but the last): `place` tells, axis by axis, where in `in` it
// comes from; negative for nowhere.
template <typename Place>
std::vector<Index> rows_from(const Shape& in, const Shape& out, const Place& place) {
  const Index rows = out.element_count() / out.back();
  std::vector<Index> from(static_cast<std::size_t>(rows));
  for (Index row = 0; row < rows; ++row) {
    Index rest = row, offset = 0, stride = in.back();
    for (std::size_t axis = out.rank() - 1; axis-- > 0;) {
      const Index at = place(axis, rest % out[axis]);
      rest /= out[axis];
      offset = at < 0 || at >= in[axis] || offset < 0 ? -1 : offset + at * stride;
      stride *= in[axis];
    }
    from[static_cast<std::size_t>(row)] = offset;
  }
  return from;
}

std::variant<Kernel, Skip> pad(const Shape& in, const Shape& out) {
  if (in.rank() != out.rank()) return Skip{"padding that changes the number of axes"};
  for (std::size_t axis = 0; axis < in.rank(); ++axis)
    if (out[axis] < in[axis]) return Skip{"padding that takes away"};
  const auto before = [&](std::size_t axis) { return (out[axis] - in[axis]) / 2; };
  RowCopies copies{out.back(), before(out.rank() - 1), in.back(), {}};
  copies.from = rows_from(in, out, [&](std::size_t axis, Index at) { return at - before(axis); });
  return copy_rows(in, out, std::move(copies));
}

// By half of every axis between the first and the last, as shifted windows are.
std::variant<Kernel, Skip> roll(const Shape& in, const Shape& out) {
  if (in != out || in.rank() < 3) return Skip{"a roll of so few axes"};
  RowCopies copies{out.back(), 0, in.back(), {}};
  copies.from = rows_from(in, out, [&](std::size_t axis, Index at) {
    return axis == 0 ? at : (at + in[axis] / 2) % in[axis];
  });
  return copy_rows(in, out, std::move(copies));
}

std::variant<Kernel, Skip> resize(const Shape& in, const Shape& out) {
  if (in.rank() != 4 || out.rank() != 4 || in[0] != out[0] || in[1] != out[1])
    return Skip{"a resize of something else than images"};
  Kernel kernel;
  kernel.implementation = "loops, nearest neighbour";
  kernel.inputs = {{cells(in)}};
  kernel.output = cells(out);
  kernel.run = [images = in[0] * in[1], h = in[2], w = in[3], to_h = out[2],
                to_w = out[3]](const Pointers& p) {
#pragma omp parallel for collapse(2) schedule(static)
    for (Index image = 0; image < images; ++image)
      for (Index y = 0; y < to_h; ++y) {
        const float* from = p.inputs[0] + (image * h + y * h / to_h) * w;
        float* to = p.output + (image * to_h + y) * to_w;
        for (Index x = 0; x < to_w; ++x) to[x] = from[x * w / to_w];
      }
  };
  return kernel;
}

template <typename To>
Kernel cast_to(const Shape& in) {
  Kernel kernel;
  kernel.implementation = "loops";
  kernel.inputs = {{cells(in)}};
  kernel.output = (cells(in) * sizeof(To) + sizeof(float) - 1) / sizeof(float);
  kernel.run = [count = in.element_count()](const Pointers& p) {
    const float* from = p.inputs[0];
    To* to = reinterpret_cast<To*>(p.output);
#pragma omp parallel for simd schedule(static)
    for (Index i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
  };
  return kernel;
}

std::variant<Kernel, Skip> cast(const Shape& in, DataType type) {
  switch (type) {
    case DataType::kF32:
      return cast_to<float>(in);
    case DataType::kF64:
      return cast_to<double>(in);
    case DataType::kI8:
    case DataType::kU8:
    case DataType::kBool:
      return cast_to<std::int8_t>(in);
    case DataType::kI32:
      return cast_to<std::int32_t>(in);
    case DataType::kI64:
      return cast_to<std::int64_t>(in);
    default:
      return Skip{"no cast to " + std::string(to_string(type))};
  }
}

// A cell that is no row's number stands for some row: within a network the cells are what the layer
// before made of random numbers.
Index row_of(float cell, Index rows) {
  if (cell >= 0 && cell < static_cast<float>(rows) && cell == std::floor(cell))
    return static_cast<Index>(cell);
  const std::uint32_t mixed = std::bit_cast<std::uint32_t>(cell) * 0x9E3779B9u;
  return static_cast<Index>(mixed) % rows;
}

}  // namespace

std::variant<Kernel, Skip> movement_kernel(const DataMovement& op, const Shape& in, DataType type) {
  if (op.mode == MoveMode::kCast) return cast(in, type);
  if (op.to.rank() == 0 || in.rank() == 0 || op.to.element_count() == 0)
    return Skip{"nothing is moved"};
  switch (op.mode) {
    case MoveMode::kGather:
      return gather(in, op.to);
    case MoveMode::kPad:
      return pad(in, op.to);
    case MoveMode::kRoll:
      return roll(in, op.to);
    case MoveMode::kResize:
      return resize(in, op.to);
    default:
      return Skip{"no data movement " + std::string(to_string(op.mode))};
  }
}

Kernel embedding_kernel(const Embedding& op, const Shape& in) {
  Kernel kernel;
  kernel.implementation = "loops";
  kernel.inputs = {{cells(in), 1, false, op.rows}};
  kernel.weights = {{static_cast<std::size_t>(op.rows * op.width)}};
  kernel.output = cells(in) * static_cast<std::size_t>(op.width);
  kernel.run = [count = in.element_count(), rows = op.rows, width = op.width](const Pointers& p) {
#pragma omp parallel for schedule(static)
    for (Index i = 0; i < count; ++i)
      std::copy_n(p.weights[0] + row_of(p.inputs[0][i], rows) * width, width, p.output + i * width);
  };
  return kernel;
}

}  // namespace neuralpower::plain
