// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/content.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/external_data.h"
#include "neuralpower/importers/onnx/wire.h"

namespace neuralpower::onnx {
namespace {

static_assert(std::endian::native == std::endian::little,
              "raw tensor data is little-endian and is copied as it is");

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double magnitude = exponent == 31  ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                           : exponent == 0 ? std::ldexp(fraction, -24)
                                           : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

double bfloat_to_double(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// Copies elements of type Stored out of raw bytes.
template <typename Stored, typename Target, typename Convert>
void unpack(Bytes raw, std::vector<Target>& target, Convert convert) {
  for (std::size_t i = 0; i + sizeof(Stored) <= raw.size(); i += sizeof(Stored)) {
    Stored stored;
    std::memcpy(&stored, raw.data() + i, sizeof(Stored));
    target.push_back(static_cast<Target>(convert(stored)));
  }
}

bool unpack_raw(int type, Bytes raw, Content& content) {
  const auto same = [](auto value) { return value; };
  switch (type) {
    case kFloat:
      unpack<float>(raw, content.reals, same);
      return true;
    case kDouble:
      unpack<double>(raw, content.reals, same);
      return true;
    case kFloat16:
      unpack<std::uint16_t>(raw, content.reals, half_to_double);
      return true;
    case kBfloat16:
      unpack<std::uint16_t>(raw, content.reals, bfloat_to_double);
      return true;
    case kInt64:
    case kUint64:
      unpack<std::int64_t>(raw, content.integers, same);
      return true;
    case kInt32:
      unpack<std::int32_t>(raw, content.integers, same);
      return true;
    case kUint32:
      unpack<std::uint32_t>(raw, content.integers, same);
      return true;
    case kInt16:
      unpack<std::int16_t>(raw, content.integers, same);
      return true;
    case kUint16:
      unpack<std::uint16_t>(raw, content.integers, same);
      return true;
    case kInt8:
      unpack<std::int8_t>(raw, content.integers, same);
      return true;
    case kUint8:
      unpack<std::uint8_t>(raw, content.integers, same);
      return true;
    case kBoolean:
      unpack<std::uint8_t>(raw, content.integers, [](std::uint8_t b) { return b != 0; });
      return true;
    default:
      return false;
  }
}

bool is_real_type(int type) {
  return type == kFloat || type == kDouble || type == kFloat16 || type == kBfloat16;
}

// Eight-bit floats and four-bit integers never take part in the arithmetic of shapes.
bool is_readable(int type) { return type < kFloat8First; }

}  // namespace

ContentPtr read_content(const TensorProto& tensor,
                        const std::optional<std::filesystem::path>& folder) {
  const std::int64_t count = tensor.shape.element_count();
  const auto type = data_type_of(tensor.element_type);
  if (!type || !is_readable(tensor.element_type) ||
      count > (is_real_type(tensor.element_type) ? kMaxRealContent : kMaxContent))
    return nullptr;
  const auto wanted = static_cast<std::size_t>(count);
  auto content = std::make_shared<Content>();
  content->is_real = is_real_type(tensor.element_type);
  const auto room = [&] { return content->size() < wanted + 1; };  // one more shows the excess
  const auto take_integer = [&](std::int64_t value) {
    if (tensor.element_type == kFloat16)
      content->reals.push_back(half_to_double(static_cast<std::uint16_t>(value)));
    else if (tensor.element_type == kBfloat16)
      content->reals.push_back(bfloat_to_double(static_cast<std::uint16_t>(value)));
    else if (!content->is_real)
      content->integers.push_back(value);
    return room();
  };
  const auto take_real = [&](double value) {
    if (content->is_real) content->reals.push_back(value);
    return room();
  };
  Bytes raw;
  bool has_raw = false;
  std::string outside;
  if (tensor.external) {
    if (!folder) return nullptr;
    const auto bytes = read_external_data(
        tensor.message, *folder, wanted * static_cast<std::size_t>(bytes_per_element(*type)));
    if (!bytes) return nullptr;
    outside = *bytes;
    raw = outside;
    has_raw = true;
  } else {
    reading([&] {
      Message message(tensor.message);
      while (message.next()) {
        switch (message.field()) {
          case 4:
            message.each_real(take_real);
            break;
          case 5:
          case 7:
          case 11:
            message.each_integer(take_integer);
            break;
          case 9:
            raw = message.bytes();
            has_raw = true;
            break;
          case 10:
            message.each_double(take_real);
            break;
          default:
            message.skip();
        }
      }
    });
  }
  if (has_raw && !raw.empty()) {
    if (raw.size() != wanted * static_cast<std::size_t>(bytes_per_element(*type)))
      throw bad_input("tensor '" + tensor.name + "' holds " + std::to_string(raw.size()) +
                      " bytes, which does not fit its shape " + tensor.shape.to_string());
    if (!unpack_raw(tensor.element_type, raw, *content)) return nullptr;
  }
  if (content->size() == 0 && wanted > 0) return nullptr;  // a file stripped of its weights
  if (content->size() != wanted)
    throw bad_input("tensor '" + tensor.name + "' does not hold as many elements as " +
                    "its shape " + tensor.shape.to_string() + " has");
  return content;
}

}  // namespace neuralpower::onnx
