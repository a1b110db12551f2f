// SPDX-License-Identifier: Apache-2.0
// Recipes of the layers that are products with weights or of activations: convolution and its
// transposed form, fully connected layers, matrix products, recurrent cells. Part of recipe.cc; see
// recipe.h.
#pragma once

#include "neuralpower/measure/backends/onednn/recipe.h"

namespace neuralpower::onednn {

struct RecipeInput {
  const LayerConfig& config;
  const std::vector<dnnl::memory::desc>& offered;
  const dnnl::engine& engine;
  dnnl::memory::data_type type;
  Shape out;
};

using RecipeOrSkip = std::variant<Recipe, Skip>;

RecipeOrSkip convolution_recipe(const Convolution& op, const RecipeInput& in);
RecipeOrSkip deconvolution_recipe(const TransposedConvolution& op, const RecipeInput& in);
RecipeOrSkip inner_product_recipe(const FullyConnected& op, const RecipeInput& in);
RecipeOrSkip matmul_recipe(const RecipeInput& in);
RecipeOrSkip recurrent_recipe(const Recurrent& op, const RecipeInput& in);

// oneDNN's name and parameters of an activation; `positive` if it is defined for positive numbers
// only. Nothing if oneDNN does not have it.
struct EltwiseParameters {
  dnnl::algorithm algorithm;
  float alpha = 0, beta = 0;
  bool positive = false;
};
std::optional<EltwiseParameters> eltwise_parameters(ActivationMode mode);

}  // namespace neuralpower::onednn
