// SPDX-License-Identifier: Apache-2.0
// Reads the network descriptions of Paleo (Qi, Sparks, Talwalkar: "Paleo: a performance model for
// deep neural networks", ICLR 2017): one JSON object with `name` and `layers`, whose shapes are
// batch x height x width x channels. The Network has channels before space, as everywhere here.
//
// Types: Input, Convolution, Deconvolution, Pooling, AvgPool, InnerProduct, Dropout, Concatenate,
// Elementwise, Softmax, Sigmoid, Reshape, UpSampling2D, LRN, BatchNorm, and activation functions by
// name. Any other type is what Paleo calls generic: an UnsupportedOp whose output has the shape of
// its input. activation_fn and normalizer_fn of a convolution are not layers in Paleo, nor here.
// Shapes are Paleo's: VALID o = ceil((h - k + 1) / s), SAME o = ceil(h / s) with the padding this
// takes (the odd row below and at the right), [ph, pw] floor((h + 2 p - k) / s) + 1.
//
// Blocks and splits: paleo_graph.h. Bounds: json_tree.h. Errors name the layer.
#pragma once

#include <filesystem>
#include <string_view>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

Network import_paleo(const std::filesystem::path& file, const ImportOptions& options);
Network parse_paleo(std::string_view text, std::string_view name,
                    const ImportOptions& options = {});

}  // namespace neuralpower
