// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/event_layer.h"

#include <algorithm>
#include <array>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/mode_names.h"

namespace neuralpower {
namespace {

using Words = std::array<std::string_view, 5>;

struct OperationRow {
  std::string_view op;  // in small letters
  Words words;
};

constexpr OperationRow kOperations[] = {
    {"conv", {"conv", "norm.batch", "deconv", "conv3d", "deconv3d"}},
    {"fusedconv", {"conv", "norm.batch", "deconv", "conv3d", "deconv3d"}},
    {"nhwcfusedconv", {"conv", "norm.batch", "deconv", "conv3d", "deconv3d"}},
    {"convtranspose", {"deconv", "deconv3d"}},
    {"gemm", {"fc", "matmul"}},
    {"fusedgemm", {"fc", "matmul"}},
    {"matmul", {"matmul", "fc"}},
    {"fusedmatmul", {"matmul", "fc"}},
    {"maxpool", {"pool", "pool3d"}},
    {"averagepool", {"pool", "pool3d"}},
    {"globalaveragepool", {"pool", "reduce"}},
    {"globalmaxpool", {"pool", "reduce"}},
    {"batchnormalization", {"norm.batch"}},
    {"lrn", {"norm.lrn"}},
    {"instancenormalization", {"norm.instance", "norm.group"}},
    {"groupnorm", {"norm.group"}},
    {"layernormalization", {"norm.layer"}},
    {"skiplayernormalization", {"norm.layer"}},
    {"simplifiedlayernormalization", {"norm.rms"}},
    {"skipsimplifiedlayernormalization", {"norm.rms"}},
    {"rmsnormalization", {"norm.rms"}},
    {"gelu", {"gelu"}},
    {"fastgelu", {"gelu"}},
    {"biasgelu", {"gelu"}},
    {"quickgelu", {"silu", "gelu"}},
    {"hardswish", {"hard_swish"}},
    {"attention", {"attention"}},
    {"multiheadattention", {"attention"}},
    {"lstm", {"recurrent"}},
    {"gru", {"recurrent"}},
    {"rnn", {"recurrent"}},
    // PyTorch
    {"conv1d", {"conv"}},
    {"conv2d", {"conv"}},
    {"conv3d", {"conv3d", "conv"}},
    {"convolution", {"conv", "deconv", "conv3d", "deconv3d"}},
    {"conv_transpose2d", {"deconv"}},
    {"conv_transpose3d", {"deconv3d", "deconv"}},
    {"linear", {"fc"}},
    {"addmm", {"fc"}},
    {"bmm", {"matmul"}},
    {"max_pool2d", {"pool"}},
    {"avg_pool2d", {"pool"}},
    {"max_pool3d", {"pool3d", "pool"}},
    {"avg_pool3d", {"pool3d", "pool"}},
    {"adaptive_avg_pool2d", {"pool", "reduce"}},
    {"adaptive_max_pool2d", {"pool", "reduce"}},
    {"batch_norm", {"norm.batch"}},
    {"layer_norm", {"norm.layer"}},
    {"group_norm", {"norm.group"}},
    {"hardtanh", {"clip"}},
    {"cat", {"concat"}},
    {"scaled_dot_product_attention", {"attention"}},
    // TensorFlow Lite
    {"conv_2d", {"conv"}},
    {"depthwise_conv_2d", {"conv"}},
    {"transpose_conv", {"deconv"}},
    {"fully_connected", {"fc"}},
    {"batch_matmul", {"matmul"}},
    {"max_pool_2d", {"pool"}},
    {"average_pool_2d", {"pool", "reduce"}},
    {"logistic", {"sigmoid"}},
    {"concatenation", {"concat"}},
    {"mean", {"reduce", "pool"}},
    {"hard_swish", {"hard_swish"}},
};

Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

struct MoveRow {
  std::string_view op;
  MoveMode mode;
};

constexpr MoveRow kMoves[] = {
    {"reorderinput", MoveMode::kReorder},
    {"reorderoutput", MoveMode::kReorder},
    {"reorder", MoveMode::kReorder},
    {"transpose", MoveMode::kTranspose},
    {"split", MoveMode::kSplit},
    {"slice", MoveMode::kSlice},
    {"gather", MoveMode::kGather},
    {"cast", MoveMode::kCast},
    {"expand", MoveMode::kExpand},
    {"tile", MoveMode::kTile},
    {"pad", MoveMode::kPad},
    {"resize", MoveMode::kResize},
};

// A move writes as much as it is said to: all parts of a split are its output.
std::optional<Op> move_of(std::string_view op, const ProfileEvent& event) {
  for (const MoveRow& row : kMoves)
    if (row.op == op)
      return DataMovement{
          row.mode, at_least_1d(row.mode == MoveMode::kSplit ? event.inputs[0] : event.outputs[0])};
  return std::nullopt;
}

std::optional<LayerConfig> elementwise_of(ElementwiseMode mode, const ProfileEvent& event) {
  const Shape& out = event.outputs[0];
  Elementwise op{mode, static_cast<std::int64_t>(event.inputs.size()), 0};
  for (const Shape& in : event.inputs) op.broadcast += in.element_count() < out.element_count();
  op.broadcast = std::min(op.broadcast, op.inputs - 1);
  return make_layer_config(op, {at_least_1d(out)});
}

std::optional<LayerConfig> concat_of(const ProfileEvent& event) {
  const Shape &first = event.inputs[0], &out = event.outputs[0];
  if (first.rank() != out.rank()) return std::nullopt;
  std::int64_t axis = 1;
  for (std::size_t i = 0; i < out.rank(); ++i)
    if (first[i] != out[i]) axis = static_cast<std::int64_t>(i);
  return make_layer_config(Concat{axis}, event.inputs);
}

std::optional<LayerConfig> product_of(const ProfileEvent& event) {
  const Shape &in = event.inputs[0], &out = event.outputs[0];
  if (in.rank() != 2 || out.rank() != 2 || in[0] != out[0]) return std::nullopt;
  return make_layer_config(FullyConnected{out[1]}, {in});
}

std::optional<LayerConfig> build(const ProfileEvent& event) {
  if (event.inputs.empty() || event.outputs.empty()) return std::nullopt;
  const std::string op = to_lower(event.op);
  const Shape in = at_least_1d(event.inputs[0]), out = at_least_1d(event.outputs[0]);
  if (const auto move = move_of(op, event)) return make_layer_config(*move, {in});
  for (std::string_view view : {"reshape", "flatten", "squeeze", "unsqueeze", "identity"})
    if (op == view) return make_layer_config(View{out}, {in});
  if (op == "concat") return concat_of(event);
  if (op == "softmax") return make_layer_config(Softmax{}, {in});
  if (op == "gemm" || op == "fusedgemm") return product_of(event);
  if (op.starts_with("reducemean"))
    return make_layer_config(Reduction{ReduceMode::kMean, out}, {in});
  if (op.starts_with("reducesum")) return make_layer_config(Reduction{ReduceMode::kSum, out}, {in});
  const auto words = words_of_operation(op);
  if (!words.empty() && (words[0] == "norm.layer" || words[0] == "norm.rms")) {
    const NormMode mode = words[0] == "norm.rms" ? NormMode::kRms : NormMode::kLayer;
    LayerConfig config = make_layer_config(Normalization{mode, 0}, {in});
    if (op.starts_with("skip")) config.post.push_back({PostOp::Kind::kAdd, {}});
    return config;
  }
  const std::string_view activation = words.empty() ? std::string_view(op) : words[0];
  if (const auto mode = find_mode<ActivationMode>(kActivationModes, activation);
      mode && !(op == "pow" && event.inputs.size() > 1 && !event.inputs[1].empty()))
    return make_layer_config(Activation{*mode}, {in});
  if (const auto mode = find_mode<ElementwiseMode>(kElementwiseModes, op))
    return elementwise_of(*mode, event);
  return std::nullopt;
}

}  // namespace

std::span<const std::string_view> words_of_operation(std::string_view op) {
  const std::string name = to_lower(op);
  for (const OperationRow& row : kOperations) {
    if (row.op != name) continue;
    const auto end = std::find(row.words.begin(), row.words.end(), std::string_view{});
    return {row.words.begin(), end};
  }
  return {};
}

std::optional<LayerConfig> layer_of_shapes(const ProfileEvent& event) {
  try {
    return build(event);
  } catch (const Error&) {
    return std::nullopt;  // shapes that fit no layer
  }
}

}  // namespace neuralpower
