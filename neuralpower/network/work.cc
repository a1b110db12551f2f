// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/work.h"

#include "neuralpower/base/checked.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

struct Arithmetic {
  std::int64_t macs = 0, other_flops = 0, weights = 0;
};

struct CountArithmetic {
  const std::vector<Shape>& inputs;
  const Shape& out;

  std::int64_t elements() const { return out.element_count(); }
  Arithmetic per_element(std::int64_t flops) const {
    return {0, checked_mul(elements(), flops), 0};
  }

  static std::int64_t cells(const Size2& k) { return checked_mul(k.h, k.w); }
  static std::int64_t cells(const Size3& k) { return checked_product(k.d, k.h, k.w); }

  template <typename AnyConvolution>
  Arithmetic convolution(const AnyConvolution& op) const {
    const std::int64_t taps = checked_mul(cells(op.kernel), inputs[0][1] / op.groups);
    return {checked_mul(taps, elements()), 0, checked_mul(taps, op.out_channels)};
  }
  template <typename AnyConvolution>
  Arithmetic transposed(const AnyConvolution& op) const {
    const std::int64_t taps = checked_mul(cells(op.kernel), op.out_channels / op.groups);
    return {checked_mul(taps, inputs[0].element_count()), 0, checked_mul(taps, inputs[0][1])};
  }
  Arithmetic operator()(const Convolution& op) const { return convolution(op); }
  Arithmetic operator()(const Convolution3d& op) const { return convolution(op); }
  Arithmetic operator()(const TransposedConvolution& op) const { return transposed(op); }
  Arithmetic operator()(const TransposedConvolution3d& op) const { return transposed(op); }
  Arithmetic operator()(const FullyConnected& op) const {
    const std::int64_t weights = checked_mul(inputs[0].element_count_from(1), op.outputs);
    return {checked_mul(weights, inputs[0][0]), 0, weights};
  }
  Arithmetic operator()(const MatMul&) const {
    return {checked_mul(elements(), inputs[0][2]), 0, 0};
  }
  Arithmetic operator()(const Pooling& op) const {
    switch (op.mode) {
      case PoolMode::kMax:
      case PoolMode::kAverage:
        return per_element(cells(op.kernel));
      case PoolMode::kAdaptiveAverage:
      case PoolMode::kAdaptiveMax:
        return per_element(
            checked_mul(ceil_div(inputs[0][2], op.out.h), ceil_div(inputs[0][3], op.out.w)));
    }
    return {};
  }
  Arithmetic operator()(const Pooling3d& op) const { return per_element(cells(op.kernel)); }
  Arithmetic operator()(const Normalization& op) const {
    switch (op.mode) {
      case NormMode::kBatch:
        return {0, checked_mul(elements(), 2), checked_mul(inputs[0][1], 2)};
      case NormMode::kLocalResponse:
        return per_element(checked_add(checked_mul(2, op.size == 0 ? 5 : op.size), 2));
      case NormMode::kLayer:
        return {0, checked_mul(elements(), 7), checked_mul(inputs[0].back(), 2)};
      case NormMode::kRms:
        return {0, checked_mul(elements(), 7), inputs[0].back()};
      case NormMode::kGroup:
      case NormMode::kInstance:
        return {0, checked_mul(elements(), 7), checked_mul(inputs[0][1], 2)};
    }
    return {};
  }
  Arithmetic operator()(const Activation&) const { return per_element(1); }
  Arithmetic operator()(const Elementwise& op) const {
    return per_element(op.inputs > 1 ? op.inputs - 1 : 1);
  }
  Arithmetic operator()(const Concat&) const { return {}; }
  Arithmetic operator()(const Softmax&) const { return per_element(5); }
  Arithmetic operator()(const Dropout&) const { return {}; }
  Arithmetic operator()(const Reduction&) const { return {0, inputs[0].element_count(), 0}; }
  Arithmetic operator()(const View&) const { return {}; }
  Arithmetic operator()(const DataMovement&) const { return {}; }
  Arithmetic operator()(const Embedding& op) const {
    return {0, 0, checked_mul(op.rows, op.width)};
  }
  Arithmetic operator()(const Recurrent& op) const {
    const std::int64_t gates = op.mode == RecurrentMode::kLstm  ? 4
                               : op.mode == RecurrentMode::kGru ? 3
                                                                : 1;
    const std::int64_t weights =
        checked_product(op.directions, gates, op.hidden, checked_add(inputs[0][2], op.hidden));
    const std::int64_t steps = checked_mul(inputs[0][0], inputs[0][1]);
    // The gates' activations and products, besides the matrix products.
    return {checked_mul(weights, steps), checked_product(elements(), 2 * gates), weights};
  }
  Arithmetic operator()(const Attention&) const {
    const Shape &q = inputs[0], &k = inputs[1];
    const std::int64_t scores = checked_product(q[0], q[1], q[2], k[2]);
    return {checked_product(scores, 2, q[3]), checked_mul(scores, 5), 0};
  }
  Arithmetic operator()(const UnsupportedOp&) const { return {}; }
};

struct CountInputElements {
  const std::vector<Shape>& inputs;
  const Shape& out;

  std::int64_t operator()(const Elementwise& op) const {
    return checked_mul(inputs[0].element_count(), op.inputs - op.broadcast);
  }
  std::int64_t operator()(const Attention&) const {  // Q, and K and V of the same size
    return checked_add(inputs[0].element_count(), checked_mul(2, inputs[1].element_count()));
  }
  std::int64_t operator()(const View&) const { return 0; }
  // Only what is copied is read: a slice or gather does not touch the rest.
  std::int64_t operator()(const DataMovement&) const {
    return inputs.empty() ? 0 : std::min(inputs[0].element_count(), out.element_count());
  }
  std::int64_t operator()(const Embedding&) const { return out.element_count(); }
  template <typename AnyOther>
  std::int64_t operator()(const AnyOther&) const {
    std::int64_t count = 0;
    for (const Shape& input : inputs) count = checked_add(count, input.element_count());
    return count;
  }
};

// What a fused step adds for each element of the output.
struct StepWork {
  std::int64_t flops = 1;
  bool reads = false;  // another tensor as large as the output
};

StepWork work_of(const PostOp& step) {
  switch (step.kind) {
    case PostOp::Kind::kNormalization:
      return {2, false};
    case PostOp::Kind::kAdd:
    case PostOp::Kind::kMul:
      return {1, true};
    case PostOp::Kind::kActivation:
      break;
  }
  return {1, false};
}

}  // namespace

Work count_work(const LayerConfig& config) {
  if (std::holds_alternative<UnsupportedOp>(config.op)) return {};
  const Shape out = output_shape(config);
  const Arithmetic arithmetic = std::visit(CountArithmetic{config.inputs, out}, config.op);
  const std::int64_t cell = bytes_per_element(config.dtype);
  const bool is_view = std::holds_alternative<View>(config.op);
  // An embedding reads the rows it looks up (counted as input), not its whole table.
  const bool is_table = std::holds_alternative<Embedding>(config.op);
  Work work;
  work.macs = arithmetic.macs;
  work.flops = checked_add(checked_mul(arithmetic.macs, 2), arithmetic.other_flops);
  work.weights = arithmetic.weights;
  work.input_bytes =
      checked_mul(std::visit(CountInputElements{config.inputs, out}, config.op), cell);
  work.output_bytes = is_view ? 0 : checked_mul(out.element_count(), cell);
  work.weight_bytes = is_table ? 0 : checked_mul(arithmetic.weights, cell);
  for (const PostOp& post : config.post) {
    const StepWork step = work_of(post);
    work.flops = checked_add(work.flops, checked_mul(out.element_count(), step.flops));
    if (step.reads) work.input_bytes = checked_add(work.input_bytes, work.output_bytes);
  }
  checked_add(checked_add(work.input_bytes, work.output_bytes), work.weight_bytes);
  return work;
}

}  // namespace neuralpower
