// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/matrix_product.h"

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"

namespace neuralpower::onnx {

Translation matrix_product(const NodeView& node, const Shape& a, const Shape& b, bool a_constant,
                           bool b_constant, DataType dtype) {
  if (a.empty() || b.empty()) throw bad_input("a matrix product of a single number");
  // A vector is a matrix with one row (in front) or one column (behind), which is dropped again.
  const std::int64_t m = a.rank() == 1 ? 1 : a[a.rank() - 2];
  const std::int64_t k = a.back();
  const std::int64_t n = b.rank() == 1 ? 1 : b.back();
  if (k != (b.rank() == 1 ? b[0] : b[b.rank() - 2]))
    throw bad_input("a matrix product of " + a.to_string() + " and " + b.to_string() +
                    " does not fit");
  const auto leading = [](const Shape& shape) {
    return shape.rank() <= 2 ? Shape{}
                             : Shape(std::vector<std::int64_t>(shape.begin(), shape.end() - 2));
  };
  const Shape stack = broadcast_shapes(node, {leading(a), leading(b)});
  std::vector<std::int64_t> out = stack.sizes();
  if (a.rank() > 1) out.push_back(m);
  if (b.rank() > 1) out.push_back(n);
  const Shape result(std::move(out));

  const std::int64_t stacked = stack.element_count();
  const bool one_b = leading(b).element_count() == 1;  // the same right side for every row
  const std::int64_t rows = checked_mul(stacked, m);
  if (b_constant && !a_constant && one_b && k > 0 && n > 0)
    return one_output(FullyConnected{n}, {Shape{rows, k}}, dtype, result);
  if (one_b) return one_output(MatMul{}, {Shape{1, rows, k}, Shape{1, k, n}}, dtype, result);
  return one_output(MatMul{}, {Shape{stacked, m, k}, Shape{stacked, k, n}}, dtype, result);
}

}  // namespace neuralpower::onnx
