// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/operators.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "neuralpower/base/error.h"

namespace neuralpower::onnx {
namespace {

// Domains whose operators are ONNX's own or close relatives of them under names of their own.
bool is_known_domain(std::string_view domain) {
  return domain.empty() || domain == "ai.onnx" || domain == "com.microsoft" ||
         domain == "com.microsoft.nchwc";
}

using Table = std::unordered_map<std::string_view, const Operator*>;

Table make_table() {
  Table table;
  for (const auto rows :
       {convolution_operators(), matrix_operators(), elementwise_operators(),
        normalization_operators(), view_operators(), movement_operators(), generator_operators(),
        reduction_operators(), recurrent_operators(), quantized_operators()})
    for (const Operator& row : rows) table.emplace(row.name, &row);
  return table;
}

}  // namespace

const Operator* find_operator(std::string_view domain, std::string_view op) {
  if (domain == "neuralpower") {
    for (const Operator& row : own_operators())
      if (row.name == op) return &row;
  }
  static const Table table = make_table();
  if (!is_known_domain(domain)) return nullptr;
  const auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

Translation unsupported(std::string reason) {
  return {UnsupportedOp{"", std::move(reason)}, {}, DataType::kF32, {}};
}

Translation one_output(Op op, std::vector<Shape> inputs, DataType dtype, Shape output) {
  return {std::move(op), std::move(inputs), dtype, {{std::move(output), dtype}}};
}

Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

Shape broadcast_shapes(const NodeView& node, const std::vector<Shape>& shapes) {
  std::size_t rank = 0;
  for (const Shape& shape : shapes) rank = std::max(rank, shape.rank());
  std::vector<std::int64_t> sizes(rank, 1);
  for (const Shape& shape : shapes) {
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      std::int64_t& size = sizes[rank - shape.rank() + i];
      const std::int64_t other = shape[i];
      if (size == other || other == 1) continue;
      if (size == 1) {
        size = other;
        continue;
      }
      const auto& change = node.batch;
      if (change && ((size == change->from && other == change->to) ||
                     (size == change->to && other == change->from))) {
        size = change->to;
        continue;
      }
      std::string list;
      for (std::size_t k = 0; k < shapes.size() && k < 8; ++k)
        list += (k == 0 ? "" : " and ") + shapes[k].to_string();
      throw bad_input("shapes " + list + " do not fit together");
    }
  }
  Shape result(std::move(sizes));
  result.element_count();
  return result;
}

Translation view_as(const NodeView& node, Shape shape) {
  const Shape& from = node.shape(0);
  return one_output(View{at_least_1d(shape)}, {at_least_1d(from)}, node.dtype(0), shape);
}

Translation movement(const NodeView& node, MoveMode mode, Shape shape) {
  return one_output(DataMovement{mode, at_least_1d(shape)}, {at_least_1d(node.shape(0))},
                    node.dtype(0), shape);
}

}  // namespace neuralpower::onnx
