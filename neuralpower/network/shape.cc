// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/shape.h"

#include <array>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

struct DataTypeRow {
  DataType type;
  std::string_view name;
  int bytes;
};

constexpr std::array<DataTypeRow, 11> kDataTypes = {{
    {DataType::kF32, "f32", 4},
    {DataType::kF16, "f16", 2},
    {DataType::kBF16, "bf16", 2},
    {DataType::kTF32, "tf32", 4},
    {DataType::kF64, "f64", 8},
    {DataType::kI8, "i8", 1},
    {DataType::kU8, "u8", 1},
    {DataType::kI16, "i16", 2},
    {DataType::kI32, "i32", 4},
    {DataType::kI64, "i64", 8},
    {DataType::kBool, "bool", 1},
}};

}  // namespace

int bytes_per_element(DataType type) { return kDataTypes[static_cast<std::size_t>(type)].bytes; }

std::string_view to_string(DataType type) {
  return kDataTypes[static_cast<std::size_t>(type)].name;
}

std::optional<DataType> parse_data_type(std::string_view text) {
  for (const DataTypeRow& row : kDataTypes)
    if (row.name == text) return row.type;
  return std::nullopt;
}

std::int64_t Shape::element_count() const { return element_count_from(0); }

std::int64_t Shape::element_count_from(std::size_t axis) const {
  std::int64_t count = 1;
  for (std::size_t i = axis; i < sizes_.size(); ++i) {
    if (sizes_[i] < 0) throw bad_input("negative size in shape " + to_string());
    count = checked_mul(count, sizes_[i]);
  }
  return count;
}

std::string Shape::to_string() const {
  if (sizes_.empty()) return "scalar";
  std::string text;
  for (std::int64_t size : sizes_) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

std::optional<Shape> Shape::parse(std::string_view text) {
  std::vector<std::int64_t> sizes;
  for (std::string_view piece : split(text, 'x')) {
    const auto size = parse_int(piece);
    if (!size || *size < 0) return std::nullopt;
    sizes.push_back(*size);
  }
  return Shape(std::move(sizes));
}

}  // namespace neuralpower
