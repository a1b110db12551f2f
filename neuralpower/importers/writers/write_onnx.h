// SPDX-License-Identifier: Apache-2.0
// Writes a network as ONNX (opset 17): all shapes, no weights. A few kilobytes that onnx.checker
// accepts, other tools can load, and importers/onnx reads back.
//
// Weights are inputs of the graph, as of a model exported without its parameters. A layer that
// ONNX has no operator for (attention as one layer, a gather, fused activations such as silu ...)
// is a node Layer of the domain "neuralpower" with its layer text as the attribute `layer`; an
// operation nobody knows is a node of its own name in that domain.
//
// Reading back gives the same layers, except that
//   a fully connected layer over an image comes back as a view that flattens it and the layer over
//     the row; likewise any layer that is described with another shape than its tensors have
//   adaptive pooling into several windows comes back as pooling with those windows
//   a layer is named as here, with a number if two have one name
// Error (bad input) naming the layer for fused layers (post=...): write the network unfused.
#pragma once

#include <filesystem>
#include <string>

#include "neuralpower/network/network.h"

namespace neuralpower {

// Environment error if the file cannot be written.
void write_onnx(const std::filesystem::path& file, const Network& network);

std::string to_onnx_bytes(const Network& network);

}  // namespace neuralpower
