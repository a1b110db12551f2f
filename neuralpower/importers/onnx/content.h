// SPDX-License-Identifier: Apache-2.0
// Content: the elements of a small tensor that the importer knows, for the arithmetic that files do
// on shapes. Weights never get here: what has more elements than these bounds stays unread.
//
// Integers and booleans are held as 64-bit integers, floating-point numbers as doubles; one of the
// two lists is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

inline constexpr std::int64_t kMaxContent = 65'536;   // integers and truth values
inline constexpr std::int64_t kMaxRealContent = 256;  // scales, bounds, exponents

struct Content {
  bool is_real = false;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;

  std::size_t size() const { return is_real ? reals.size() : integers.size(); }
  double real(std::size_t i) const { return is_real ? reals[i] : static_cast<double>(integers[i]); }
};

using ContentPtr = std::shared_ptr<const Content>;

// The elements of `tensor` if they are few enough and in the file (or, for external data, in a file
// inside `folder`), else nothing. Error if their number does not fit the shape.
// Without a folder external data is never read.
ContentPtr read_content(const TensorProto& tensor,
                        const std::optional<std::filesystem::path>& folder);

}  // namespace neuralpower::onnx
