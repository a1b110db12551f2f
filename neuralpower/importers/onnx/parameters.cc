// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/parameters.h"

#include <utility>
#include <vector>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/folding_rules.h"

namespace neuralpower::onnx {
namespace {

bool is_learned(const TensorState& tensor, bool integers_learned) {
  if (tensor.shape.empty() || !(is_real(tensor.dtype) || integers_learned)) return false;
  switch (tensor.origin) {
    case Origin::kInitializer:
    case Origin::kParameterInput:
      return true;
    case Origin::kLiteral:
      return tensor.shape.element_count() > 1;
    case Origin::kComputed:
      return false;
  }
  return false;
}

}  // namespace

std::int64_t count_parameters(TensorState& constant, bool integers_learned) {
  std::int64_t sum = 0;
  std::vector<std::pair<TensorState*, bool>> open = {{&constant, integers_learned}};
  while (!open.empty()) {
    const auto [tensor, integers] = open.back();
    open.pop_back();
    if (tensor->counted) continue;
    if (is_learned(*tensor, integers)) {
      sum = checked_add(sum, tensor->shape.element_count());
      tensor->counted = true;
    }
    if (tensor->origin != Origin::kComputed) continue;
    tensor->counted = true;
    for (TensorState* source : tensor->sources)
      open.emplace_back(source, integers || tensor->integers_learned);
  }
  return sum;
}

}  // namespace neuralpower::onnx
