// SPDX-License-Identifier: Apache-2.0
// Recipe: how oneDNN executes one layer: the primitive, and for each of its arguments the layout
// that it wants. The same recipe serves a layer alone and a layer inside a network.
//
// Convolutions and inner products choose their layouts freely (they are given "any"); everything
// else follows the layout of its first input, as in a network. Convolutions and fully connected
// layers always have a bias.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <variant>
#include <vector>

#include "neuralpower/measure/backend.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower::onednn {

enum class Role { kInput, kWeight, kOutput };

struct Argument {
  int id = 0;  // DNNL_ARG_...
  Role role = Role::kInput;
  dnnl::memory::desc layout;
  float scale = 1;        // of the Gaussian data it is filled with
  bool positive = false;  // filled with magnitudes, for variances and logarithms
};

struct Recipe {
  dnnl::primitive primitive;
  std::string implementation;
  // Inputs in the order of input_shapes(), weights in the order of backends/reference.h, one
  // output.
  std::vector<Argument> arguments;
};

// The shapes of all activations that the layer reads: for an element-wise layer one per input
// (broadcast ones last, with a value per channel), then one per fused addition or product.
std::vector<Shape> input_shapes(const LayerConfig& config);

// The order in which convolutions of this library on this processor like images to lie: channels
// last, or in blocks of 16 or 8 channels. Found by asking for a common convolution.
dnnl::memory::format_tag preferred_image_layout(const dnnl::engine& engine);

// The layout in which an activation of this shape lies between the layers of a network: images as
// `image`, everything else, and images that are no more than a pixel or three colours, row by row.
dnnl::memory::desc preferred_layout(const Shape& shape, dnnl::memory::data_type type,
                                    dnnl::memory::format_tag image);

// Nothing for a data type that this back-end does not compute in.
std::optional<dnnl::memory::data_type> onednn_type(DataType type);

dnnl::memory::dims to_dims(const Shape& shape);

// `offered` are the layouts in which the inputs lie, one per input_shapes(). Dropout and View are
// a Skip: they are no work.
std::variant<Recipe, Skip> make_recipe(const LayerConfig& config,
                                       const std::vector<dnnl::memory::desc>& offered,
                                       const dnnl::engine& engine);

}  // namespace neuralpower::onednn
