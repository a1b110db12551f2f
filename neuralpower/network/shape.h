// SPDX-License-Identifier: Apache-2.0
// Shape: the sizes of a tensor, batch first, channels before space (N, C, H, W); DataType: its
// cells.
//
// A size is at least 0 (an empty tensor is legal in ONNX); the number of elements is checked
// against overflow, so that a hostile file cannot make a small number of a huge one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

enum class DataType { kF32, kF16, kBF16, kTF32, kF64, kI8, kU8, kI16, kI32, kI64, kBool };

// Bytes one element takes in memory. TF32 is a way to multiply: in memory it is f32.
int bytes_per_element(DataType type);
std::string_view to_string(DataType type);  // "f32", "bf16", ...
std::optional<DataType> parse_data_type(std::string_view text);

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : sizes_(sizes) {}
  explicit Shape(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  std::size_t rank() const { return sizes_.size(); }
  bool empty() const { return sizes_.empty(); }
  std::int64_t operator[](std::size_t axis) const { return sizes_[axis]; }
  std::int64_t& operator[](std::size_t axis) { return sizes_[axis]; }
  std::int64_t back() const { return sizes_.back(); }
  auto begin() const { return sizes_.begin(); }
  auto end() const { return sizes_.end(); }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }
  bool operator==(const Shape&) const = default;

  // The product of all sizes; 1 for a scalar. Error on overflow or a negative size.
  std::int64_t element_count() const;
  // The product of the sizes from `axis` on.
  std::int64_t element_count_from(std::size_t axis) const;

  // "8x64x56x56"; "scalar" for rank 0.
  std::string to_string() const;
  // Reads "8x64x56x56"; nothing if it is not that.
  static std::optional<Shape> parse(std::string_view text);

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace neuralpower
