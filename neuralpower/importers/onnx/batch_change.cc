// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/batch_change.h"

#include "neuralpower/base/checked.h"

namespace neuralpower::onnx {

std::optional<Shape> rescaled_reshape(const Shape& base_input, const Shape& input,
                                      const Shape& base_output,
                                      const std::vector<std::int64_t>& target,
                                      std::int64_t file_batch) {
  if (base_input.rank() != input.rank() || target.size() != base_output.rank()) return std::nullopt;
  const std::int64_t total = base_input.element_count(), grown = input.element_count();
  if (total < 1 || grown < 1) return std::nullopt;
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < input.rank(); ++i) {
    if (input[i] == base_input[i]) continue;
    if (axis) return std::nullopt;
    axis = i;
  }
  if (!axis) return std::nullopt;

  // The batch is some digit of the axis that grew: an element step of between `low` and `high`.
  const std::int64_t low = base_input.element_count_from(*axis + 1);
  const std::int64_t high = base_input.element_count_from(*axis);
  // An axis of the output can hold that digit if its own steps overlap with this range. Among
  // several (sizes of 1 leave it open), the best is: one that the target keeps (0); an axis of
  // exactly the file's batch size that the target spells out; the inferred axis; the same axis, if
  // those before it are unchanged; the first. Features are what the last axis holds: it grows only
  // if nothing else can.
  std::optional<std::size_t> best;
  int best_rank = 0;
  bool same_before = true;
  for (std::size_t i = 0; i < base_output.rank(); ++i) {
    const std::int64_t from = base_output.element_count_from(i + 1);
    const std::int64_t to = base_output.element_count_from(i);
    // Growing this axis must give a whole number of elements again.
    const bool divides = checked_mul(base_output[i], grown) % total == 0;
    if (from <= high && to >= low && divides) {
      const bool last = i + 1 == base_output.rank();
      const int rank = target[i] == 0 && i == *axis                              ? 6
                       : base_output[i] == file_batch && target[i] == file_batch ? 5
                       : target[i] == -1                                         ? 4
                       : last                                                    ? 1
                       : same_before && i == *axis                               ? 3
                                                                                 : 2;
      if (rank > best_rank) {
        best = i;
        best_rank = rank;
      }
    }
    same_before = same_before && i < base_input.rank() && base_output[i] == base_input[i];
  }
  if (!best) return std::nullopt;
  Shape result = base_output;
  result[*best] = checked_mul(base_output[*best], grown) / total;
  return result;
}

}  // namespace neuralpower::onnx
