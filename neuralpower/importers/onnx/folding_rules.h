// SPDX-License-Identifier: Apache-2.0
// The rules of folding.cc: one row an operator, in two lists.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "neuralpower/importers/onnx/operators.h"
#include "neuralpower/network/real_types.h"

namespace neuralpower::onnx {

using Fold = std::vector<ContentPtr> (*)(const NodeView&, const Translation&);

struct FoldRule {
  std::string_view op;
  Fold fold;
};

std::span<const FoldRule> arithmetic_folds();  // numbers from numbers
std::span<const FoldRule> layout_folds();      // the same numbers elsewhere, and shapes as numbers

std::vector<ContentPtr> one_content(Content content);
std::vector<ContentPtr> integers_content(std::vector<std::int64_t> integers);

}  // namespace neuralpower::onnx
