// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/recipe_product.h"

#include <cmath>

#include "neuralpower/network/op.h"

namespace neuralpower::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

memory::desc any_layout(const memory::dims& dims, memory::data_type type) {
  return {dims, type, Tag::any};
}

// What is fused behind the product. A folded normalisation is in the weights and the bias already.
struct PostOps {
  dnnl::primitive_attr attributes;
  std::vector<Argument> arguments;
  std::string skip;  // not empty: cannot be done, and why
};

PostOps make_post_ops(const RecipeInput& in) {
  PostOps post;
  dnnl::post_ops ops;
  std::size_t next_input = 1;
  for (const PostOp& op : in.config.post) {
    switch (op.kind) {
      case PostOp::Kind::kNormalization:
        break;
      case PostOp::Kind::kActivation: {
        const auto eltwise = eltwise_parameters(op.activation);
        if (!eltwise) {
          post.skip = "oneDNN has no activation " + std::string(to_string(op.activation));
          return post;
        }
        ops.append_eltwise(1, eltwise->algorithm, eltwise->alpha, eltwise->beta);
        break;
      }
      case PostOp::Kind::kAdd:
      case PostOp::Kind::kMul: {
        const bool is_add = op.kind == PostOp::Kind::kAdd;
        const memory::desc operand = in.offered.at(next_input++);
        post.arguments.push_back(
            {DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops.len()) | DNNL_ARG_SRC_1, Role::kInput, operand});
        ops.append_binary(is_add ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul,
                          operand);
        break;
      }
    }
  }
  post.attributes.set_post_ops(ops);
  return post;
}

// He initialisation keeps the magnitude of activations through ReLU networks of any depth.
float weight_scale(std::int64_t inputs_per_output) {
  return std::sqrt(2.0f / static_cast<float>(std::max<std::int64_t>(1, inputs_per_output)));
}

template <typename PrimitiveDesc, typename Primitive>
Recipe weighted_recipe(const PrimitiveDesc& description, std::int64_t inputs_per_output,
                       PostOps post) {
  Recipe recipe;
  recipe.primitive = Primitive(description);
  recipe.implementation = description.impl_info_str();
  recipe.arguments = {
      {DNNL_ARG_SRC, Role::kInput, description.src_desc()},
      {DNNL_ARG_WEIGHTS, Role::kWeight, description.weights_desc(),
       weight_scale(inputs_per_output)},
      {DNNL_ARG_BIAS, Role::kWeight, description.bias_desc(), 0.1f},
      {DNNL_ARG_DST, Role::kOutput, description.dst_desc()},
  };
  recipe.arguments.insert(recipe.arguments.begin() + 1, post.arguments.begin(),
                          post.arguments.end());
  return recipe;
}

// The padding behind the input that makes the library compute exactly `out` outputs.
std::int64_t padding_after(std::int64_t in, std::int64_t out, std::int64_t kernel,
                           std::int64_t stride, std::int64_t dilation, std::int64_t before) {
  return (out - 1) * stride + (kernel - 1) * dilation + 1 - in - before;
}

}  // namespace

RecipeOrSkip convolution_recipe(const Convolution& op, const RecipeInput& in) {
  const Shape& input = in.config.inputs[0];
  const std::int64_t g = op.groups, per_group = input[1] / g;
  memory::dims weights = {op.out_channels, per_group, op.kernel.h, op.kernel.w};
  if (g > 1) weights = {g, op.out_channels / g, per_group, op.kernel.h, op.kernel.w};
  PostOps post = make_post_ops(in);
  if (!post.skip.empty()) return Skip{post.skip};
  // A network's first layer, with 3 channels, reads the image as it is; deeper inputs are blocked.
  const memory::dims source = to_dims(input);
  const dnnl::convolution_forward::desc problem(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      any_layout(source, in.type), any_layout(weights, in.type),
      any_layout({op.out_channels}, in.type), any_layout(to_dims(in.out), in.type),
      {op.stride.h, op.stride.w}, {op.dilation.h - 1, op.dilation.w - 1}, {op.pad.top, op.pad.left},
      {op.pad.bottom, op.pad.right});
  const dnnl::convolution_forward::primitive_desc description(problem, post.attributes, in.engine);
  return weighted_recipe<dnnl::convolution_forward::primitive_desc, dnnl::convolution_forward>(
      description, per_group * op.kernel.h * op.kernel.w, std::move(post));
}

RecipeOrSkip deconvolution_recipe(const TransposedConvolution& op, const RecipeInput& in) {
  const Shape& input = in.config.inputs[0];
  const std::int64_t g = op.groups, per_group = input[1] / g;
  memory::dims weights = {op.out_channels, per_group, op.kernel.h, op.kernel.w};
  if (g > 1) weights = {g, op.out_channels / g, per_group, op.kernel.h, op.kernel.w};
  // Seen from its output, it is a convolution whose result is our input.
  const std::int64_t bottom =
      padding_after(in.out[2], input[2], op.kernel.h, op.stride.h, op.dilation.h, op.pad.top);
  const std::int64_t right =
      padding_after(in.out[3], input[3], op.kernel.w, op.stride.w, op.dilation.w, op.pad.left);
  PostOps post = make_post_ops(in);
  if (!post.skip.empty()) return Skip{post.skip};
  const dnnl::deconvolution_forward::desc problem(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct,
      any_layout(to_dims(input), in.type), any_layout(weights, in.type),
      any_layout({op.out_channels}, in.type), any_layout(to_dims(in.out), in.type),
      {op.stride.h, op.stride.w}, {op.dilation.h - 1, op.dilation.w - 1}, {op.pad.top, op.pad.left},
      {bottom, right});
  const dnnl::deconvolution_forward::primitive_desc description(problem, post.attributes,
                                                                in.engine);
  return weighted_recipe<dnnl::deconvolution_forward::primitive_desc, dnnl::deconvolution_forward>(
      description, per_group * op.kernel.h * op.kernel.w, std::move(post));
}

RecipeOrSkip inner_product_recipe(const FullyConnected& op, const RecipeInput& in) {
  const memory::dims source = to_dims(in.config.inputs[0]);
  memory::dims weights = source;
  weights[0] = op.outputs;
  const std::int64_t fan_in = in.config.inputs[0].element_count_from(1);
  PostOps post = make_post_ops(in);
  if (!post.skip.empty()) return Skip{post.skip};
  const dnnl::inner_product_forward::desc problem(
      dnnl::prop_kind::forward_inference, any_layout(source, in.type), any_layout(weights, in.type),
      any_layout({op.outputs}, in.type), any_layout({source[0], op.outputs}, in.type));
  const dnnl::inner_product_forward::primitive_desc description(problem, post.attributes,
                                                                in.engine);
  return weighted_recipe<dnnl::inner_product_forward::primitive_desc, dnnl::inner_product_forward>(
      description, fan_in, std::move(post));
}

RecipeOrSkip matmul_recipe(const RecipeInput& in) {
  // Both operands are activations and lie row by row.
  const memory::desc a(to_dims(in.config.inputs[0]), in.type, Tag::abc);
  const memory::desc b(to_dims(in.config.inputs[1]), in.type, Tag::abc);
  const memory::desc c(to_dims(in.out), in.type, Tag::abc);
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, b, c), in.engine);
  Recipe recipe;
  recipe.primitive = dnnl::matmul(description);
  recipe.implementation = description.impl_info_str();
  recipe.arguments = {{DNNL_ARG_SRC, Role::kInput, a},
                      {DNNL_ARG_WEIGHTS, Role::kInput, b},
                      {DNNL_ARG_DST, Role::kOutput, c}};
  return recipe;
}

}  // namespace neuralpower::onednn
