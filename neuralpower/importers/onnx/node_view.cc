// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/node_view.h"

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/folding_rules.h"

namespace neuralpower::onnx {

const Content* ContentReader::read(TensorState& tensor) {
  if (!tensor.constant) return nullptr;
  if (!tensor.content && tensor.stored) {
    const std::int64_t count = tensor.shape.element_count();
    const std::int64_t limit = is_real(tensor.dtype) ? kMaxRealContent : kMaxContent;
    if (count > limit || !reserve(count)) return nullptr;
    tensor.content = read_content(*tensor.stored, folder_);
  }
  return tensor.content.get();
}

bool ContentReader::reserve(std::int64_t count) {
  if (count <= 64) return true;  // shapes and axes: bounded by the file's size already
  if (count > budget_) return false;
  budget_ -= count;
  return true;
}

const TensorState& NodeView::input(std::size_t i) const {
  if (!has(i)) throw bad_input("input " + std::to_string(i) + " is missing");
  return *inputs[i];
}

const Content* NodeView::content(std::size_t i) const {
  return has(i) ? contents->read(*inputs[i]) : nullptr;
}

NodeView::Integers NodeView::integers(std::string_view attribute, std::size_t i) const {
  Integers result;
  if (const auto* values = attributes.integers(attribute)) {
    result.given = true;
    result.values = *values;
  } else if (has(i)) {
    const Content* elements = content(i);
    result.given = true;
    result.known = elements != nullptr;
    if (elements && elements->is_real)
      throw bad_input("input " + std::to_string(i) + " must hold integers");
    if (elements) result.values = elements->integers;
  }
  return result;
}

std::size_t NodeView::axis(std::int64_t axis, std::size_t rank) const {
  const auto limit = static_cast<std::int64_t>(rank);
  if (axis < -limit || axis >= limit)
    throw bad_input("axis " + std::to_string(axis) + " is outside a tensor of " +
                    std::to_string(rank) + " dimensions");
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

}  // namespace neuralpower::onnx
