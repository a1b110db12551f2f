// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/recipe.h"

#include <algorithm>
#include <optional>

#include "neuralpower/measure/backends/onednn/memory.h"
#include "neuralpower/measure/backends/onednn/recipe_product.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using Tag = memory::format_tag;

template <typename Description>
std::string chosen(const Description& description) {
  return description.impl_info_str();
}

template <typename Primitive, typename Description>
Recipe source_to_destination(const Description& description, const memory::desc& source) {
  Recipe recipe;
  recipe.primitive = Primitive(description);
  recipe.implementation = chosen(description);
  recipe.arguments = {{DNNL_ARG_SRC, Role::kInput, source},
                      {DNNL_ARG_DST, Role::kOutput, description.dst_desc()}};
  return recipe;
}

// A copy of (part of) the input into an output of another layout.
Recipe reorder_recipe(const memory::desc& source, const memory::desc& part,
                      const memory::desc& destination, const dnnl::engine& engine) {
  const dnnl::reorder::primitive_desc description(engine, part, engine, destination);
  Recipe recipe;
  recipe.primitive = dnnl::reorder(description);
  recipe.implementation = chosen(description);
  recipe.arguments = {{DNNL_ARG_FROM, Role::kInput, source},
                      {DNNL_ARG_TO, Role::kOutput, destination}};
  return recipe;
}

struct MakeRecipe {
  const RecipeInput& in;

  const memory::desc& source() const { return in.offered.at(0); }
  const Shape& shape() const { return in.config.inputs[0]; }

  RecipeOrSkip operator()(const Convolution& op) const { return convolution_recipe(op, in); }
  RecipeOrSkip operator()(const TransposedConvolution& op) const {
    return deconvolution_recipe(op, in);
  }
  RecipeOrSkip operator()(const Convolution3d&) const { return no_volumes(); }
  RecipeOrSkip operator()(const TransposedConvolution3d&) const { return no_volumes(); }
  RecipeOrSkip operator()(const Pooling3d&) const { return no_volumes(); }
  static RecipeOrSkip no_volumes() { return Skip{"no recipe for windows over three axes"}; }
  RecipeOrSkip operator()(const FullyConnected& op) const { return inner_product_recipe(op, in); }
  RecipeOrSkip operator()(const MatMul&) const { return matmul_recipe(in); }

  RecipeOrSkip operator()(const Pooling& op) const {
    const bool adaptive =
        op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax;
    const bool is_max = op.mode == PoolMode::kMax || op.mode == PoolMode::kAdaptiveMax;
    Size2 kernel = op.kernel, stride = op.stride, dilation = op.dilation;
    Padding pad = op.pad;
    if (adaptive) {
      if (shape()[2] % op.out.h != 0 || shape()[3] % op.out.w != 0)
        return Skip{"oneDNN has no adaptive pooling whose windows differ in size"};
      kernel = stride = {shape()[2] / op.out.h, shape()[3] / op.out.w};
      dilation = {1, 1};
      pad = {};
    }
    // What ceil_mode adds to the output is padding behind the input.
    const auto after = [](std::int64_t given, std::int64_t size, std::int64_t out, std::int64_t k,
                          std::int64_t s, std::int64_t d, std::int64_t before) {
      return std::max(given, (out - 1) * s + (k - 1) * d + 1 - size - before);
    };
    const memory::dims behind = {
        after(pad.bottom, shape()[2], in.out[2], kernel.h, stride.h, dilation.h, pad.top),
        after(pad.right, shape()[3], in.out[3], kernel.w, stride.w, dilation.w, pad.left)};
    const memory::desc destination(to_dims(in.out), in.type, Tag::any);
    const algorithm how = is_max ? algorithm::pooling_max : algorithm::pooling_avg_exclude_padding;
    if (dilation == Size2{1, 1}) {
      const dnnl::pooling_forward::primitive_desc description({dnnl::prop_kind::forward_inference,
                                                               how,
                                                               source(),
                                                               destination,
                                                               {stride.h, stride.w},
                                                               {kernel.h, kernel.w},
                                                               {pad.top, pad.left},
                                                               behind},
                                                              in.engine);
      return source_to_destination<dnnl::pooling_forward>(description, source());
    }
    const dnnl::pooling_v2_forward::primitive_desc description({dnnl::prop_kind::forward_inference,
                                                                how,
                                                                source(),
                                                                destination,
                                                                {stride.h, stride.w},
                                                                {kernel.h, kernel.w},
                                                                {dilation.h - 1, dilation.w - 1},
                                                                {pad.top, pad.left},
                                                                behind},
                                                               in.engine);
    return source_to_destination<dnnl::pooling_v2_forward>(description, source());
  }

  RecipeOrSkip operator()(const Normalization& op) const {
    switch (op.mode) {
      case NormMode::kBatch: {
        const dnnl::batch_normalization_forward::primitive_desc description(
            {dnnl::prop_kind::forward_inference, source(), 1e-5f,
             dnnl::normalization_flags::use_global_stats | dnnl::normalization_flags::use_scale |
                 dnnl::normalization_flags::use_shift},
            in.engine);
        Recipe recipe =
            source_to_destination<dnnl::batch_normalization_forward>(description, source());
        const memory::desc per_channel({shape()[1]}, memory::data_type::f32, Tag::a);
        recipe.arguments.push_back({DNNL_ARG_MEAN, Role::kWeight, per_channel, 0.1f});
        recipe.arguments.push_back({DNNL_ARG_VARIANCE, Role::kWeight, per_channel, 1, true});
        recipe.arguments.push_back({DNNL_ARG_SCALE, Role::kWeight, per_channel});
        recipe.arguments.push_back({DNNL_ARG_SHIFT, Role::kWeight, per_channel, 0.1f});
        return recipe;
      }
      case NormMode::kLocalResponse: {
        const dnnl::lrn_forward::primitive_desc description(
            {dnnl::prop_kind::forward_inference, algorithm::lrn_across_channels, source(),
             op.size == 0 ? 5 : op.size, 1e-4f, 0.75f, 1.0f},
            in.engine);
        return source_to_destination<dnnl::lrn_forward>(description, source());
      }
      case NormMode::kLayer: {
        const dnnl::layer_normalization_forward::primitive_desc description(
            {dnnl::prop_kind::forward_inference, source(), 1e-5f,
             dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift},
            in.engine);
        Recipe recipe =
            source_to_destination<dnnl::layer_normalization_forward>(description, source());
        const memory::desc per_column({shape().back()}, memory::data_type::f32, Tag::a);
        recipe.arguments.push_back({DNNL_ARG_SCALE, Role::kWeight, per_column});
        recipe.arguments.push_back({DNNL_ARG_SHIFT, Role::kWeight, per_column, 0.1f});
        return recipe;
      }
      case NormMode::kGroup:
      case NormMode::kInstance:
      case NormMode::kRms:
        break;
    }
    return Skip{"oneDNN has no normalisation " + std::string(to_string(op.mode))};
  }

  RecipeOrSkip operator()(const Activation& op) const {
    if (op.mode == ActivationMode::kPRelu) {
      memory::dims slopes(source().dims().size(), 1);
      if (slopes.size() > 1) slopes[1] = source().dims()[1];
      const dnnl::prelu_forward::primitive_desc description(
          {dnnl::prop_kind::forward_inference, source(), {slopes, in.type, Tag::any}}, in.engine);
      Recipe recipe = source_to_destination<dnnl::prelu_forward>(description, source());
      recipe.arguments.push_back(
          {DNNL_ARG_WEIGHTS, Role::kWeight, description.weights_desc(), 0.25f});
      return recipe;
    }
    const auto eltwise = eltwise_parameters(op.mode);
    if (!eltwise) return Skip{"oneDNN has no activation " + std::string(to_string(op.mode))};
    const dnnl::eltwise_forward::primitive_desc description(
        {dnnl::prop_kind::forward_inference, eltwise->algorithm, source(), eltwise->alpha,
         eltwise->beta},
        in.engine);
    Recipe recipe = source_to_destination<dnnl::eltwise_forward>(description, source());
    recipe.arguments[0].positive = eltwise->positive;
    return recipe;
  }

  RecipeOrSkip operator()(const Elementwise& op) const {
    const std::vector<memory::desc>& inputs = in.offered;
    const memory::desc destination(to_dims(in.out), in.type, Tag::any);
    Recipe recipe;
    if (op.mode == ElementwiseMode::kAdd && inputs.size() > 2 && op.broadcast == 0) {
      const dnnl::sum::primitive_desc description(
          destination, std::vector<float>(inputs.size(), 1.0f), inputs, in.engine);
      recipe.primitive = dnnl::sum(description);
      recipe.implementation = chosen(description);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        recipe.arguments.push_back(
            {DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), Role::kInput, inputs[i]});
      recipe.arguments.push_back({DNNL_ARG_DST, Role::kOutput, description.dst_desc()});
      return recipe;
    }
    const std::optional<algorithm> how = [&]() -> std::optional<algorithm> {
      switch (op.mode) {
        case ElementwiseMode::kAdd:
          return algorithm::binary_add;
        case ElementwiseMode::kMul:
          return algorithm::binary_mul;
        case ElementwiseMode::kSub:
          return algorithm::binary_sub;
        case ElementwiseMode::kDiv:
          return algorithm::binary_div;
        case ElementwiseMode::kMax:
          return algorithm::binary_max;
        case ElementwiseMode::kMin:
          return algorithm::binary_min;
        case ElementwiseMode::kEqual:
          return algorithm::binary_eq;
        case ElementwiseMode::kLess:
          return algorithm::binary_lt;
        case ElementwiseMode::kGreater:
          return algorithm::binary_gt;
        default:
          return std::nullopt;
      }
    }();
    if (!how || inputs.size() != 2)
      return Skip{"oneDNN has no element-wise " + std::string(to_string(op.mode)) + " of " +
                  std::to_string(inputs.size()) + " tensors"};
    const dnnl::binary::primitive_desc description({*how, inputs[0], inputs[1], destination},
                                                   in.engine);
    recipe.primitive = dnnl::binary(description);
    recipe.implementation = chosen(description);
    recipe.arguments = {
        {DNNL_ARG_SRC_0, Role::kInput, inputs[0]},
        {DNNL_ARG_SRC_1, Role::kInput, inputs[1], 1, op.mode == ElementwiseMode::kDiv},
        {DNNL_ARG_DST, Role::kOutput, description.dst_desc()}};
    return recipe;
  }

  RecipeOrSkip operator()(const Concat& op) const {
    const dnnl::concat::primitive_desc description(static_cast<int>(op.axis), in.offered,
                                                   in.engine);
    Recipe recipe;
    recipe.primitive = dnnl::concat(description);
    recipe.implementation = chosen(description);
    for (std::size_t i = 0; i < in.offered.size(); ++i)
      recipe.arguments.push_back(
          {DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), Role::kInput, in.offered[i]});
    recipe.arguments.push_back({DNNL_ARG_DST, Role::kOutput, description.dst_desc()});
    return recipe;
  }

  RecipeOrSkip operator()(const Softmax& op) const {
    const int rank = static_cast<int>(shape().rank());
    const int axis = static_cast<int>(op.axis < 0 ? op.axis + rank : op.axis);
    const dnnl::softmax_forward::primitive_desc description(
        {dnnl::prop_kind::forward_inference, source(), axis}, in.engine);
    return source_to_destination<dnnl::softmax_forward>(description, source());
  }

  RecipeOrSkip operator()(const Reduction& op) const {
    // The output with ones where the input was reduced, whether or not the file keeps them.
    memory::dims kept;
    std::size_t next = 0;
    for (std::size_t i = 0; i < shape().rank(); ++i) {
      const bool same_rank = op.to.rank() == shape().rank();
      const bool keep =
          same_rank ? op.to[i] == shape()[i] : next < op.to.rank() && op.to[next] == shape()[i];
      kept.push_back(keep ? shape()[i] : 1);
      if (keep) ++next;
    }
    if (kept == to_dims(shape())) return Skip{"nothing is reduced"};
    if (Shape(std::vector<std::int64_t>(kept)).element_count() != in.out.element_count())
      return Skip{"which axes are reduced does not follow from the shapes"};
    algorithm how = algorithm::reduction_sum;
    float p = 0;
    switch (op.mode) {
      case ReduceMode::kMean:
        how = algorithm::reduction_mean;
        break;
      case ReduceMode::kSum:
        break;
      case ReduceMode::kMax:
        how = algorithm::reduction_max;
        break;
      case ReduceMode::kMin:
        how = algorithm::reduction_min;
        break;
      case ReduceMode::kProd:
        how = algorithm::reduction_mul;
        break;
      case ReduceMode::kL1:
      case ReduceMode::kL2:
        how = algorithm::reduction_norm_lp_sum;
        p = op.mode == ReduceMode::kL1 ? 1.0f : 2.0f;
        break;
      default:
        return Skip{"oneDNN has no reduction " + std::string(to_string(op.mode))};
    }
    const dnnl::reduction::primitive_desc description(
        {how, source(), memory::desc(kept, in.type, Tag::any), p, 0.0f}, in.engine);
    return source_to_destination<dnnl::reduction>(description, source());
  }

  RecipeOrSkip operator()(const DataMovement& op) const {
    const memory::dims dims = to_dims(shape());
    if (op.mode == MoveMode::kTranspose && op.to.rank() == shape().rank()) {
      // A permutation that leads to the sizes; among equal sizes the last axis moves furthest, as
      // in the common transposes (heads before tokens, channels last).
      std::vector<std::size_t> axes;
      std::vector<bool> used(dims.size(), false);
      for (std::size_t i = 0; i < dims.size(); ++i) {
        for (std::size_t back = dims.size(); back-- > 0;)
          if (!used[back] && dims[back] == op.to[i] && (back != i || op.to[i] == 1)) {
            axes.push_back(back);
            used[back] = true;
            break;
          }
        if (axes.size() <= i)
          for (std::size_t j = 0; j < dims.size(); ++j)
            if (!used[j] && dims[j] == op.to[i]) {
              axes.push_back(j);
              used[j] = true;
              break;
            }
        if (axes.size() <= i) return Skip{"the sizes are no permutation of the input's"};
      }
      const memory::desc plain = plain_layout(dims, in.type);
      // The output's cells seen through the input's axes.
      memory::dims strides(dims.size());
      std::int64_t stride = 1;
      for (std::size_t i = dims.size(); i-- > 0;) {
        strides[axes[i]] = stride;
        stride *= op.to[i];
      }
      return reorder_recipe(plain, plain, memory::desc(dims, in.type, strides), in.engine);
    }
    if ((op.mode == MoveMode::kSlice || op.mode == MoveMode::kSplit) &&
        op.to.rank() == shape().rank()) {
      const memory::desc plain = plain_layout(dims, in.type);
      const memory::dims part = to_dims(op.to);
      for (std::size_t i = 0; i < part.size(); ++i)
        if (part[i] > dims[i]) return Skip{"a slice larger than its input"};
      return reorder_recipe(plain, plain.submemory_desc(part, memory::dims(part.size(), 0)),
                            plain_layout(part, in.type), in.engine);
    }
    return Skip{"oneDNN has no data movement " + std::string(to_string(op.mode))};
  }

  RecipeOrSkip operator()(const Dropout&) const { return Skip{"no work at inference time"}; }
  RecipeOrSkip operator()(const View&) const { return Skip{"no work: a view of the same bytes"}; }
  RecipeOrSkip operator()(const Embedding&) const { return Skip{"oneDNN has no table look-up"}; }
  RecipeOrSkip operator()(const Recurrent& op) const { return recurrent_recipe(op, in); }
  RecipeOrSkip operator()(const Attention&) const {
    return Skip{"oneDNN has no attention in one go; its matrix products are measured apart"};
  }
  RecipeOrSkip operator()(const UnsupportedOp& op) const {
    return Skip{"unknown operation " + op.name};
  }
};

}  // namespace

std::optional<EltwiseParameters> eltwise_parameters(ActivationMode mode) {
  switch (mode) {
    case ActivationMode::kRelu:
      return EltwiseParameters{algorithm::eltwise_relu};
    case ActivationMode::kSigmoid:
      return EltwiseParameters{algorithm::eltwise_logistic};
    case ActivationMode::kTanh:
      return EltwiseParameters{algorithm::eltwise_tanh};
    case ActivationMode::kLeakyRelu:
      return EltwiseParameters{algorithm::eltwise_relu, 0.01f};
    case ActivationMode::kElu:
    case ActivationMode::kCelu:  // the same at its default parameter
      return EltwiseParameters{algorithm::eltwise_elu, 1.0f};
    case ActivationMode::kGelu:
      return EltwiseParameters{algorithm::eltwise_gelu_erf};
    case ActivationMode::kSilu:
      return EltwiseParameters{algorithm::eltwise_swish, 1.0f};
    case ActivationMode::kMish:
      return EltwiseParameters{algorithm::eltwise_mish};
    case ActivationMode::kHardSwish:
      return EltwiseParameters{algorithm::eltwise_hardswish};
    case ActivationMode::kSoftplus:
      return EltwiseParameters{algorithm::eltwise_soft_relu};
    case ActivationMode::kClip:
      return EltwiseParameters{algorithm::eltwise_clip, 0.0f, 6.0f};
    case ActivationMode::kExp:
      return EltwiseParameters{algorithm::eltwise_exp};
    case ActivationMode::kLog:
      return EltwiseParameters{algorithm::eltwise_log, 0, 0, true};
    case ActivationMode::kSqrt:
      return EltwiseParameters{algorithm::eltwise_sqrt, 0, 0, true};
    case ActivationMode::kAbs:
      return EltwiseParameters{algorithm::eltwise_abs};
    case ActivationMode::kNeg:
      return EltwiseParameters{algorithm::eltwise_linear, -1.0f};
    case ActivationMode::kReciprocal:
      return EltwiseParameters{algorithm::eltwise_pow, 1.0f, -1.0f, true};
    case ActivationMode::kPow:
      return EltwiseParameters{algorithm::eltwise_pow, 1.0f, 2.0f};
    case ActivationMode::kRound:
      return EltwiseParameters{algorithm::eltwise_round};
    default:
      return std::nullopt;
  }
}

dnnl::memory::dims to_dims(const Shape& shape) { return shape.sizes(); }

std::optional<dnnl::memory::data_type> onednn_type(DataType type) {
  if (type == DataType::kF32) return memory::data_type::f32;
  if (type == DataType::kBF16) return memory::data_type::bf16;
  return std::nullopt;
}

std::vector<Shape> input_shapes(const LayerConfig& config) {
  std::vector<Shape> shapes = config.inputs;
  if (const auto* op = std::get_if<Elementwise>(&config.op)) {
    const Shape& whole = config.inputs[0];
    Shape per_channel(std::vector<std::int64_t>(whole.rank(), 1));
    if (whole.rank() > 1) per_channel[1] = whole[1];
    shapes.assign(static_cast<std::size_t>(op->inputs - op->broadcast), whole);
    shapes.insert(shapes.end(), static_cast<std::size_t>(op->broadcast), per_channel);
  }
  for (const PostOp& post : config.post)
    if (post.kind == PostOp::Kind::kAdd || post.kind == PostOp::Kind::kMul)
      shapes.push_back(output_shape(config));
  return shapes;
}

memory::format_tag preferred_image_layout(const dnnl::engine& engine) {
  const memory::dims image = {1, 64, 28, 28};
  const auto any = [](const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, Tag::any);
  };
  const dnnl::convolution_forward::primitive_desc description({dnnl::prop_kind::forward_inference,
                                                               algorithm::convolution_direct,
                                                               any(image),
                                                               any({64, 64, 3, 3}),
                                                               any({64}),
                                                               any(image),
                                                               {1, 1},
                                                               {1, 1},
                                                               {1, 1}},
                                                              engine);
  for (const Tag tag : {Tag::acdb, Tag::aBcd16b, Tag::aBcd8b})
    if (description.dst_desc() == memory::desc(image, memory::data_type::f32, tag)) return tag;
  return Tag::abcd;
}

memory::desc preferred_layout(const Shape& shape, memory::data_type type, Tag image) {
  const memory::dims dims = to_dims(shape);
  const bool is_image = dims.size() == 4 && dims[1] > 4 && dims[2] * dims[3] > 1;
  return is_image ? memory::desc(dims, type, image) : plain_layout(dims, type);
}

std::variant<Recipe, Skip> make_recipe(const LayerConfig& config,
                                       const std::vector<memory::desc>& offered,
                                       const dnnl::engine& engine) {
  const auto type = onednn_type(config.dtype);
  if (!type)
    return Skip{"this back-end computes in f32 and bf16, not in " +
                std::string(to_string(config.dtype))};
  if (std::holds_alternative<UnsupportedOp>(config.op) || config.inputs.empty() ||
      config.inputs[0].empty())
    return Skip{"a layer without a shape"};
  for (const Shape& input : config.inputs) {
    if (input.element_count() == 0) return Skip{"an empty tensor"};
    if (input.rank() > 6) return Skip{"more than six dimensions"};
  }
  const RecipeInput in{config, offered, engine, *type, output_shape(config)};
  try {
    return std::visit(MakeRecipe{in}, config.op);
  } catch (const dnnl::error& error) {
    return Skip{std::string("oneDNN: ") + error.what()};
  }
}

}  // namespace neuralpower::onednn
