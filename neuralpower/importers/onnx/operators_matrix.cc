// SPDX-License-Identifier: Apache-2.0
// Gemm, MatMul, Einsum and Attention. A product with constant weights is a FullyConnected layer
// over all rows (the product of the leading sizes); a product of two activations is a MatMul.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "neuralpower/base/checked.h"
#include "neuralpower/importers/onnx/einsum.h"
#include "neuralpower/importers/onnx/matrix_product.h"
#include "neuralpower/importers/onnx/operators.h"

namespace neuralpower::onnx {
namespace {

Translation translate_matmul(const NodeView& node) {
  return matrix_product(node, node.shape(0), node.shape(1), node.constant(0), node.constant(1),
                        node.dtype(0));
}

// com.microsoft: a MatMul whose operands may be transposed, and is scaled by a number.
Translation translate_fused_matmul(const NodeView& node) {
  Shape a = node.shape(0), b = node.shape(1);
  for (const char* name : {"transBatchA", "transBatchB"})
    if (node.attributes.integer(name, 0) != 0)
      return unsupported("a FusedMatMul that swaps the batch");
  const auto transpose = [](Shape& shape) {
    if (shape.rank() > 1) std::swap(shape[shape.rank() - 2], shape[shape.rank() - 1]);
  };
  if (node.attributes.integer("transA", 0) != 0) transpose(a);
  if (node.attributes.integer("transB", 0) != 0) transpose(b);
  return matrix_product(node, a, b, node.constant(0), node.constant(1), node.dtype(0));
}

// Queries or keys turned by their place: each element times a cosine plus its partner times a sine.
Translation translate_rotary_embedding(const NodeView& node) {
  const Shape& shape = node.shape(0);
  return one_output(Elementwise{ElementwiseMode::kMul, 2, 1}, {at_least_1d(shape)}, node.dtype(0),
                    shape);
}

Translation translate_gemm(const NodeView& node) {
  Shape a = node.shape(0), b = node.shape(1);
  // Opset 7 and later take matrices only; some exporters hand on what would be flattened.
  if (a.rank() != 2 || b.rank() != 2)
    throw bad_input("Gemm needs two matrices, not " + a.to_string() + " and " + b.to_string());
  if (node.attributes.integer("transA", 0) != 0) std::swap(a[0], a[1]);
  if (node.attributes.integer("transB", 0) != 0) std::swap(b[0], b[1]);
  Translation result =
      matrix_product(node, a, b, node.constant(0), node.constant(1), node.dtype(0));
  if (node.has(2)) {
    const Shape& out = result.outputs[0].shape;
    if (broadcast_shapes(node, {out, node.shape(2)}) != out)
      throw bad_input("the bias " + node.shape(2).to_string() + " does not fit the product " +
                      out.to_string());
  }
  return result;
}

// ---- Einsum -----------------------------------------------------------------------------------

// The labels of one term, an ellipsis spelled out as the digits of the axes it stands for.
std::string labels_of(std::string_view term, std::size_t rank) {
  std::string labels;
  const std::size_t dots = term.find("...");
  const std::size_t letters =
      static_cast<std::size_t>(std::count_if(term.begin(), term.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      }));
  const std::size_t hidden = rank >= letters ? rank - letters : 0;
  if (hidden > 9) throw bad_input("an ellipsis stands for more than nine axes");
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (i == dots) {
      for (std::size_t k = 0; k < hidden; ++k) labels += static_cast<char>('9' - (hidden - 1 - k));
      i += 2;
    } else if (term[i] != ' ') {
      labels += term[i];
    }
  }
  return labels;
}

bool holds(const std::string& labels, char label) {
  return labels.find(label) != std::string::npos;
}

Translation translate_einsum(const NodeView& node) {
  const std::string equation = explicit_equation(node.attributes.text("equation", ""));
  const std::size_t arrow = equation.find("->");
  if (node.inputs.empty()) throw bad_input("Einsum without operands");
  if (node.inputs.size() > 2) return unsupported("Einsum of more than two operands");
  std::vector<std::string> terms;
  std::map<char, std::int64_t> sizes;
  std::size_t start = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const std::size_t end = std::min(equation.find(',', start), arrow);
    const Shape& shape = node.shape(i);
    terms.push_back(labels_of(std::string_view(equation).substr(start, end - start), shape.rank()));
    start = std::min(end + 1, arrow);
    if (terms[i].size() != shape.rank())
      throw bad_input("Einsum term '" + terms[i] + "' does not fit " + shape.to_string());
    for (std::size_t k = 0; k < shape.rank(); ++k) {
      std::int64_t& size = sizes.emplace(terms[i][k], shape[k]).first->second;
      if (size == 1) size = shape[k];
      if (shape[k] != size && shape[k] != 1)
        throw bad_input("Einsum axis '" + std::string(1, terms[i][k]) + "' has two sizes");
    }
  }
  std::size_t hidden = 0;
  for (const auto& [label, size] : sizes) hidden += label <= '9';
  std::string out_term = equation.substr(arrow + 2);
  const auto letters =
      std::count_if(out_term.begin(), out_term.end(), [](char c) { return c != '.' && c != ' '; });
  out_term = labels_of(out_term, static_cast<std::size_t>(letters) + hidden);
  std::vector<std::int64_t> out;
  for (const char label : out_term) {
    if (!sizes.contains(label))
      throw bad_input("Einsum output axis '" + std::string(1, label) + "' is in no operand");
    out.push_back(sizes[label]);
  }
  const Shape out_shape(out);
  if (terms.size() == 1) {
    if (out_shape.element_count() == node.shape(0).element_count())
      return movement(node, MoveMode::kTranspose, out_shape);
    return one_output(Reduction{ReduceMode::kSum, at_least_1d(out_shape)},
                      {at_least_1d(node.shape(0))}, node.dtype(0), out_shape);
  }
  // Every axis is one of four: of both operands and the result, of one of them, or summed over.
  std::int64_t batch = 1, m = 1, n = 1, k = 1;
  for (const auto& [label, size] : sizes) {
    const bool in_a = holds(terms[0], label), in_b = holds(terms[1], label);
    std::int64_t& part = !holds(out_term, label) ? k : in_a && in_b ? batch : in_a ? m : n;
    part = checked_mul(part, size);
  }
  if (k == 1 && (m == 1 || n == 1)) {
    Elementwise op{ElementwiseMode::kMul, 2, 0};
    for (std::size_t i = 0; i < 2; ++i)
      op.broadcast += node.shape(i).element_count() < out_shape.element_count();
    return one_output(op, {at_least_1d(out_shape)}, node.dtype(0), out_shape);
  }
  Translation result;
  if (node.constant(1) && batch == 1)
    result = one_output(FullyConnected{n}, {Shape{m, k}}, node.dtype(0), out_shape);
  else
    result =
        one_output(MatMul{}, {Shape{batch, m, k}, Shape{batch, k, n}}, node.dtype(0), out_shape);
  return result;
}

// ---- Attention --------------------------------------------------------------------------------

// Queries, keys or values as batch x heads x length x width.
Shape by_heads(const Shape& shape, std::int64_t heads) {
  if (shape.rank() == 4) return shape;
  if (shape.rank() != 3 || heads < 1 || shape[2] % heads != 0)
    throw bad_input("attention cannot split " + shape.to_string() + " into heads");
  return {shape[0], heads, shape[1], shape[2] / heads};
}

// The keys (or values) of earlier calls in front of this call's.
void prepend_past(const NodeView& node, std::size_t slot, Shape& now) {
  if (!node.has(slot)) return;
  const Shape& past = node.shape(slot);
  if (past.rank() != 4 || past[0] != now[0] || past[1] != now[1] || past[3] != now[3])
    throw bad_input("a past of " + past.to_string() + " does not fit in front of " +
                    now.to_string());
  now[2] = checked_add(now[2], past[2]);
}

// ONNX's own operator (opset 23): Q, K, V, a mask, and keys and values of earlier calls; keys may
// have fewer heads, each shared by several. It may hand on all keys and values, and its scores.
Translation translate_attention(const NodeView& node) {
  if (!node.domain.empty()) return unsupported("an attention of another domain than ONNX's");
  const Shape q = by_heads(node.shape(0), node.attributes.integer("q_num_heads", 0));
  const std::int64_t kv_heads = node.attributes.integer("kv_num_heads", 0);
  Shape k = by_heads(node.shape(1), kv_heads);
  Shape v = by_heads(node.shape(2), kv_heads);
  prepend_past(node, 4, k);
  prepend_past(node, 5, v);
  if (k[0] != q[0] || k[3] != q[3] || v[2] != k[2] || v[1] != k[1] || k[1] < 1 || q[1] % k[1] != 0)
    throw bad_input("queries " + q.to_string() + ", keys " + k.to_string() + " and values " +
                    v.to_string() + " do not fit");
  if (v[3] != k[3]) return unsupported("an attention with values of another width than the keys");
  const Shape present = k;
  k[1] = q[1];
  Translation result = one_output(Attention{}, {q, k}, node.dtype(0), node.shape(0));
  result.outputs.push_back({present, node.dtype(1)});
  result.outputs.push_back({present, node.dtype(2)});
  result.outputs.push_back({Shape{q[0], q[1], q[2], k[2]}, node.dtype(0)});
  return result;
}

constexpr Operator kRows[] = {
    {"MatMul", translate_matmul},
    {"FusedMatMul", translate_fused_matmul},
    {"TransposeMatMul", translate_fused_matmul},
    {"Gemm", translate_gemm},
    {"FusedGemm", translate_gemm},
    {"Einsum", translate_einsum},
    {"Attention", translate_attention},
    {"RotaryEmbedding", translate_rotary_embedding, first_slots(1)},
};

}  // namespace

std::span<const Operator> matrix_operators() { return kRows; }

}  // namespace neuralpower::onnx
