// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/writers/onnx_operators.h"

#include <algorithm>
#include <array>
#include <utility>

#include "neuralpower/network/mode_names.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

using Kind = OnnxOperand::Kind;

// By mode; empty: ONNX has none (of this opset).
constexpr std::array<std::string_view, kActivationModes.size()> kActivationOps = {
    "Relu",     "Sigmoid",    "Tanh", "LeakyRelu", "PRelu",     "Elu",         "Selu",
    "Celu",     "Gelu",       "",     "",          "HardSwish", "HardSigmoid", "Softplus",
    "Softsign", "Clip",       "Exp",  "Log",       "Sqrt",      "Erf",         "Abs",
    "Neg",      "Reciprocal", "Pow",  "Sin",       "Cos",       "Floor",       "Ceil",
    "Round",    "Sign",       ""};
constexpr std::array<std::string_view, kElementwiseModes.size()> kElementwiseOps = {
    "Add", "Mul", "Sub", "Div",   "Pow",  "Max",     "Min",  "",
    "And", "Or",  "Xor", "Equal", "Less", "Greater", "Where"};
constexpr std::array<std::string_view, kReduceModes.size()> kReduceOps = {
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
    "ArgMax",     "ArgMin",    "",          ""};

OnnxOperand weight(const char* suffix, Shape shape, DataType dtype) {
  return {Kind::kWeight, suffix, std::move(shape), dtype};
}
OnnxOperand integers(const char* suffix, std::vector<std::int64_t> values) {
  return {Kind::kIntegers, suffix, {}, DataType::kI64, std::move(values)};
}

struct FindForm {
  const Layer& layer;
  const Network& network;

  const LayerConfig& config() const { return layer.config; }
  const Shape& in() const { return config().inputs[0]; }
  DataType dtype() const { return config().dtype; }
  const Tensor& read(std::size_t i) const {
    return network.tensors[static_cast<std::size_t>(layer.inputs[i])];
  }
  const Tensor& written(std::size_t i) const {
    return network.tensors[static_cast<std::size_t>(layer.outputs[i])];
  }
  bool has_inputs(std::size_t count) const { return layer.inputs.size() == count; }

  static OnnxForm impossible() { return {}; }

  // An operator whose activations and output have the configuration's shapes.
  OnnxForm form(std::string_view op, std::vector<OnnxAttribute> attributes = {},
                std::vector<OnnxOperand> operands = {}) const {
    if (layer.inputs.size() != config().inputs.size()) return impossible();
    return {true,
            op,
            {},
            std::move(attributes),
            std::move(operands),
            config().inputs,
            output_shape(config())};
  }

  std::int64_t learned_weights() const { return count_work(config()).weights; }

  static std::vector<std::int64_t> list_of(const Size2& size) { return {size.h, size.w}; }
  static std::vector<std::int64_t> list_of(const Size3& size) { return {size.d, size.h, size.w}; }
  static std::vector<std::int64_t> list_of(const Padding& pad) {
    return {pad.top, pad.left, pad.bottom, pad.right};
  }
  static std::vector<std::int64_t> list_of(const Padding3& pad) {
    return {pad.before.d, pad.before.h, pad.before.w, pad.after.d, pad.after.h, pad.after.w};
  }
  template <typename Windows>
  static std::vector<OnnxAttribute> window_attributes(const Windows& op) {
    return {integers_attribute("kernel_shape", list_of(op.kernel)),
            integers_attribute("strides", list_of(op.stride)),
            integers_attribute("pads", list_of(op.pad))};
  }

  template <typename AnyConvolution>
  OnnxForm convolution(const AnyConvolution& op, std::string_view type,
                       std::vector<std::int64_t> filter) const {
    std::vector<OnnxAttribute> attributes = window_attributes(op);
    attributes.push_back(integers_attribute("dilations", list_of(op.dilation)));
    attributes.push_back(integer_attribute("group", op.groups));
    for (const std::int64_t size : list_of(op.kernel)) filter.push_back(size);
    std::vector<OnnxOperand> operands = {weight("weight", Shape(std::move(filter)), dtype())};
    if (layer.params > learned_weights())
      operands.push_back(weight("bias", Shape{op.out_channels}, dtype()));
    return form(type, std::move(attributes), std::move(operands));
  }

  template <typename AnyConvolution>
  OnnxForm plain(const AnyConvolution& op) const {
    return convolution(op, "Conv", {op.out_channels, in()[1] / op.groups});
  }
  template <typename AnyConvolution>
  OnnxForm transposed(const AnyConvolution& op) const {
    OnnxForm result = convolution(op, "ConvTranspose", {in()[1], op.out_channels / op.groups});
    if (op.output_pad != AnyConvolution{}.output_pad)
      result.attributes.push_back(integers_attribute("output_padding", list_of(op.output_pad)));
    return result;
  }
  OnnxForm operator()(const Convolution& op) const { return plain(op); }
  OnnxForm operator()(const Convolution3d& op) const { return plain(op); }
  OnnxForm operator()(const TransposedConvolution& op) const { return transposed(op); }
  OnnxForm operator()(const TransposedConvolution3d& op) const { return transposed(op); }

  OnnxForm operator()(const FullyConnected& op) const {
    const std::int64_t features = in().element_count_from(1);
    std::vector<OnnxOperand> operands = {weight("weight", {op.outputs, features}, dtype())};
    if (layer.params > learned_weights())
      operands.push_back(weight("bias", Shape{op.outputs}, dtype()));
    OnnxForm result = form("Gemm", {integer_attribute("transB", 1)}, std::move(operands));
    result.input_shapes = {Shape{in()[0], features}};
    return result;
  }

  OnnxForm operator()(const MatMul&) const {
    if (!has_inputs(2)) return impossible();
    OnnxForm result = form("MatMul");
    // Tensors of more dimensions fit as they are, unless one is broadcast or transposed.
    const Shape &a = read(0).shape, &b = read(1).shape;
    const bool fit = a.rank() >= 2 && a.rank() == b.rank() && a.back() == b[b.rank() - 2] &&
                     a.back() == in()[2] && b.back() == config().inputs[1][2];
    if (fit) {
      result.input_shapes.clear();
      result.output_shape.reset();
    }
    return result;
  }

  OnnxForm operator()(const Pooling& op) const {
    const bool average = op.mode == PoolMode::kAverage || op.mode == PoolMode::kAdaptiveAverage;
    Pooling windows = op;
    if (op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax) {
      if (op.out == Size2{1, 1}) return form(average ? "GlobalAveragePool" : "GlobalMaxPool");
      if (in()[2] % op.out.h != 0 || in()[3] % op.out.w != 0) return impossible();
      windows.kernel = windows.stride = {in()[2] / op.out.h, in()[3] / op.out.w};
      windows.pad = {};
    }
    return pooling(windows, average);
  }

  OnnxForm operator()(const Pooling3d& op) const {
    return pooling(op, op.mode == PoolMode::kAverage);
  }

  template <typename AnyPooling>
  OnnxForm pooling(const AnyPooling& op, bool average) const {
    const bool dilated = op.dilation != AnyPooling{}.dilation;
    if (average && dilated) return impossible();
    std::vector<OnnxAttribute> attributes = window_attributes(op);
    if (op.ceil_mode) attributes.push_back(integer_attribute("ceil_mode", 1));
    if (dilated) attributes.push_back(integers_attribute("dilations", list_of(op.dilation)));
    return form(average ? "AveragePool" : "MaxPool", std::move(attributes));
  }

  OnnxForm operator()(const Normalization& op) const {
    const Shape channels{in()[1]};
    switch (op.mode) {
      case NormMode::kBatch:
        return form("BatchNormalization", {},
                    {weight("scale", channels, dtype()), weight("shift", channels, dtype()),
                     weight("mean", channels, dtype()), weight("variance", channels, dtype())});
      case NormMode::kLocalResponse:
        return form("LRN", {integer_attribute("size", op.size == 0 ? 5 : op.size)});
      case NormMode::kLayer:
        return form("LayerNormalization", {integer_attribute("axis", -1)},
                    {weight("scale", Shape{in().back()}, dtype()),
                     weight("shift", Shape{in().back()}, dtype())});
      case NormMode::kInstance:
        if (layer.params == 0) return impossible();
        return form("InstanceNormalization", {},
                    {weight("scale", channels, dtype()), weight("shift", channels, dtype())});
      case NormMode::kGroup:
      case NormMode::kRms:
        return impossible();
    }
    return impossible();
  }

  OnnxForm operator()(const Activation& op) const {
    const std::string_view type = kActivationOps[static_cast<std::size_t>(op.mode)];
    if (type.empty()) return impossible();
    OnnxForm result = form(type);
    if (op.mode == ActivationMode::kGelu) result.domain = kMicrosoftDomain;
    if (op.mode == ActivationMode::kPow)
      result.operands = {{Kind::kReal, "exponent", {}, DataType::kF64, {}, 2}};
    if (op.mode == ActivationMode::kPRelu) {
      std::vector<std::int64_t> sizes(in().rank() - 1, 1);
      if (!sizes.empty()) sizes[0] = std::max<std::int64_t>(layer.params, 1);
      result.operands = {weight("slope", Shape(std::move(sizes)), dtype())};
    }
    return result;
  }

  OnnxForm operator()(const Elementwise& op) const {
    std::string_view type = kElementwiseOps[static_cast<std::size_t>(op.mode)];
    const bool many = op.mode == ElementwiseMode::kAdd || op.mode == ElementwiseMode::kMax ||
                      op.mode == ElementwiseMode::kMin;
    const bool three = op.mode == ElementwiseMode::kWhere;
    if (type.empty() || op.inputs < 2 || (op.inputs > 2 && !many && !three)) return impossible();
    if (op.mode == ElementwiseMode::kAdd && op.inputs > 2) type = "Sum";
    const auto reads = static_cast<std::int64_t>(layer.inputs.size());
    if (reads == 0 || reads > op.inputs || op.inputs - reads > 1) return impossible();
    OnnxForm result{true, type};
    // The tensors must make up the result by ONNX's broadcasting, with as many of them smaller.
    const Shape& out = written(0).shape;
    std::int64_t smaller = 0;
    bool any_full = false;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      const Shape& part = read(i).shape;
      if (!broadcasts_to(part, out)) return impossible();
      smaller += part.element_count() < out.element_count();
      any_full = any_full || part == out;
    }
    if (reads < op.inputs) {
      // A constant operand; learned ones belong to channels.
      Shape operand;
      const bool per_channel = out.rank() >= 2 && layer.params == out[1];
      if (layer.params > 1 && !per_channel) return impossible();
      if (per_channel) {
        std::vector<std::int64_t> sizes(out.rank() - 1, 1);
        sizes[0] = layer.params;
        operand = Shape(std::move(sizes));
      }
      ++smaller;
      result.operands = {{Kind::kZeros, "operand", std::move(operand), read(0).dtype}};
    }
    if (!any_full || smaller != op.broadcast || out.element_count() != in().element_count())
      return impossible();
    return result;
  }

  static bool broadcasts_to(const Shape& part, const Shape& whole) {
    if (part.rank() > whole.rank()) return false;
    for (std::size_t k = 0; k < part.rank(); ++k) {
      const std::int64_t size = part[part.rank() - 1 - k];
      if (size != 1 && size != whole[whole.rank() - 1 - k]) return false;
    }
    return true;
  }

  OnnxForm operator()(const Concat& op) const {
    return form("Concat", {integer_attribute("axis", op.axis)});
  }

  OnnxForm operator()(const Softmax& op) const {
    return form("Softmax", {integer_attribute("axis", op.axis)});
  }

  OnnxForm operator()(const Dropout& op) const {
    OnnxForm result = form("Dropout");
    result.operands = {{Kind::kReal, "ratio", {}, DataType::kF64, {}, 1 - op.keep}};
    return result;
  }

  // The axes of `from` that are gone or 1 in `to`; nothing if that does not explain `to`.
  static std::optional<std::vector<std::int64_t>> reduced_axes(const Shape& from, const Shape& to) {
    std::vector<std::int64_t> axes;
    if (from.rank() == to.rank()) {
      for (std::size_t k = 0; k < from.rank(); ++k) {
        if (from[k] == to[k]) continue;
        if (to[k] != 1) return std::nullopt;
        axes.push_back(static_cast<std::int64_t>(k));
      }
      return axes;
    }
    std::size_t at = 0;
    for (std::size_t k = 0; k < from.rank(); ++k) {
      const bool must_stay = at < to.rank() && from[k] == to[at];
      if (must_stay) {
        ++at;
      } else {
        axes.push_back(static_cast<std::int64_t>(k));
      }
    }
    if (at != to.rank()) return std::nullopt;
    return axes;
  }

  OnnxForm operator()(const Reduction& op) const {
    const std::string_view type = kReduceOps[static_cast<std::size_t>(op.mode)];
    if (type.empty() || !has_inputs(1) || read(0).shape != in() || written(0).shape != op.to)
      return impossible();
    const auto axes = reduced_axes(in(), op.to);
    if (!axes || axes->empty() || axes->size() == in().rank()) return impossible();
    const std::int64_t keep = in().rank() == op.to.rank();
    OnnxForm result = form(type, {integer_attribute("keepdims", keep)});
    if (op.mode == ReduceMode::kArgMax || op.mode == ReduceMode::kArgMin) {
      if (axes->size() != 1) return impossible();
      result.attributes.push_back(integer_attribute("axis", (*axes)[0]));
    } else if (op.mode == ReduceMode::kSum) {
      result.operands = {integers("axes", *axes)};
    } else {
      result.attributes.push_back(integers_attribute("axes", *axes));
    }
    return result;
  }

  OnnxForm operator()(const View& op) const {
    OnnxForm result = form("Reshape", {}, {integers("shape", op.to.sizes())});
    if (layer.outputs.size() != 1) return impossible();
    // Sizes of zero are meant as such.
    if (op.to.element_count() == 0) result.attributes = {integer_attribute("allowzero", 1)};
    return result;
  }

  // Some order of the axes of `from` that gives `to`.
  static std::optional<std::vector<std::int64_t>> permutation(const Shape& from, const Shape& to) {
    if (from.rank() != to.rank()) return std::nullopt;
    std::vector<bool> used(from.rank(), false);
    std::vector<std::int64_t> order;
    for (std::int64_t size : to) {
      std::size_t k = 0;
      while (k < from.rank() && (used[k] || from[k] != size)) ++k;
      if (k == from.rank()) return std::nullopt;
      used[k] = true;
      order.push_back(static_cast<std::int64_t>(k));
    }
    return order;
  }

  OnnxForm operator()(const DataMovement& op) const {
    if (!has_inputs(1) || read(0).shape != in() ||
        (op.mode != MoveMode::kSplit && (layer.outputs.size() != 1 || written(0).shape != op.to)))
      return impossible();
    switch (op.mode) {
      case MoveMode::kTranspose: {
        const auto order = permutation(in(), op.to);
        return order ? form("Transpose", {integers_attribute("perm", *order)}) : impossible();
      }
      case MoveMode::kSlice:
        return slice(op);
      case MoveMode::kSplit:
        return split();
      case MoveMode::kResize:
        if (in().rank() != op.to.rank()) return impossible();
        return form("Resize", {}, {{}, {}, integers("sizes", op.to.sizes())});
      case MoveMode::kExpand:
        if (!broadcasts_to(in(), op.to)) return impossible();
        return form("Expand", {}, {integers("shape", op.to.sizes())});
      case MoveMode::kTile:
        return tile(op);
      case MoveMode::kPad:
        return pad(op);
      case MoveMode::kCast:
        return form("Cast", {integer_attribute("to", onnx_element_type(written(0).dtype))});
      default:
        return impossible();
    }
  }

  OnnxForm slice(const DataMovement& op) const {
    if (in().rank() != op.to.rank()) return impossible();
    std::vector<std::int64_t> starts(in().rank(), 0);
    for (std::size_t k = 0; k < in().rank(); ++k)
      if (op.to[k] > in()[k]) return impossible();
    return form("Slice", {}, {integers("starts", starts), integers("ends", op.to.sizes())});
  }

  OnnxForm split() const {
    // The axis along which the parts add up to the whole.
    const Shape& whole = in();
    for (std::size_t axis = 0; axis < whole.rank(); ++axis) {
      std::vector<std::int64_t> parts;
      std::int64_t sum = 0;
      bool fits = true;
      for (std::size_t i = 0; i < layer.outputs.size() && fits; ++i) {
        const Shape& part = written(i).shape;
        fits = part.rank() == whole.rank();
        for (std::size_t k = 0; fits && k < whole.rank(); ++k)
          fits = k == axis || part[k] == whole[k];
        if (!fits) break;
        parts.push_back(part[axis]);
        sum += part[axis];
      }
      if (!fits || sum != whole[axis]) continue;
      OnnxForm result = form("Split", {integer_attribute("axis", static_cast<std::int64_t>(axis))},
                             {integers("split", parts)});
      result.output_shape.reset();
      return result;
    }
    return impossible();
  }

  OnnxForm tile(const DataMovement& op) const {
    if (in().rank() != op.to.rank()) return impossible();
    std::vector<std::int64_t> repeats;
    for (std::size_t k = 0; k < in().rank(); ++k) {
      if (in()[k] < 1 || op.to[k] % in()[k] != 0) return impossible();
      repeats.push_back(op.to[k] / in()[k]);
    }
    return form("Tile", {}, {integers("repeats", repeats)});
  }

  OnnxForm pad(const DataMovement& op) const {
    if (in().rank() != op.to.rank()) return impossible();
    std::vector<std::int64_t> pads(in().rank(), 0);
    for (std::size_t k = 0; k < in().rank(); ++k) {
      if (op.to[k] < in()[k]) return impossible();
      pads.push_back(op.to[k] - in()[k]);
    }
    return form("Pad", {}, {integers("pads", pads)});
  }

  OnnxForm operator()(const Recurrent& op) const {
    if (!has_inputs(1) || read(0).shape != in()) return impossible();
    const std::int64_t gates = op.mode == RecurrentMode::kLstm  ? 4
                               : op.mode == RecurrentMode::kGru ? 3
                                                                : 1;
    const std::int64_t rows = gates * op.hidden;
    std::vector<OnnxOperand> operands = {weight("W", {op.directions, rows, in()[2]}, dtype()),
                                         weight("R", {op.directions, rows, op.hidden}, dtype())};
    if (layer.params > learned_weights())
      operands.push_back(weight("B", {op.directions, 2 * rows}, dtype()));
    OnnxForm result =
        form(op.mode == RecurrentMode::kLstm  ? "LSTM"
             : op.mode == RecurrentMode::kGru ? "GRU"
                                              : "RNN",
             {integer_attribute("hidden_size", op.hidden), integer_attribute("layout", 1)},
             std::move(operands));
    if (op.directions == 2)
      result.attributes.push_back(text_attribute("direction", "bidirectional"));
    result.output_shape = Shape{in()[0], in()[1], op.directions, op.hidden};
    return result;
  }

  OnnxForm operator()(const Embedding&) const { return impossible(); }
  OnnxForm operator()(const Attention&) const { return impossible(); }
  OnnxForm operator()(const UnsupportedOp&) const { return impossible(); }
};

}  // namespace

OnnxForm onnx_form(const Layer& layer, const Network& network) {
  for (TensorId id : layer.inputs)
    if (!network.tensors[static_cast<std::size_t>(id)].shape_known) return {};
  for (TensorId id : layer.outputs)
    if (!network.tensors[static_cast<std::size_t>(id)].shape_known) return {};
  return std::visit(FindForm{layer, network}, layer.config.op);
}

}  // namespace neuralpower
