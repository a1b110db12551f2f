// SPDX-License-Identifier: Apache-2.0
// From Caffe's parameter messages to operations. Each function knows one message: its fields, their
// defaults, its older spellings. `in` is the shape of the layer's first input.
#pragma once

#include "neuralpower/importers/caffe/text_format.h"
#include "neuralpower/network/op.h"

namespace neuralpower {

// convolution_param. `depthwise`: without `group`, as many groups as channels.
Convolution read_convolution(const TextMessage& params, const Shape& in, bool depthwise);
TransposedConvolution read_deconvolution(const TextMessage& params);

// pooling_param. Caffe: ceil((in + 2 pad - kernel) / stride) + 1, less one if that window starts in
// the padding behind the input (looked at only where there is padding).
Pooling read_pooling(const TextMessage& params, const Shape& in);

// lrn_param
Normalization read_lrn(const TextMessage& params);

// eltwise_param, for that many inputs
Elementwise read_eltwise(const TextMessage& params, std::size_t inputs);

// The shapes that these layers give: reshape_param, flatten_param, crop_param (as large as `like`
// from the axis on), permute_param, interp_param, argmax_param, reduction_param, tile_param.
// `files_batch`: a first size that equals the file's batch follows the batch of `in`.
Shape reshaped(const TextMessage& params, const Shape& in, std::int64_t files_batch);
Shape flattened(const TextMessage& params, const Shape& in);
Shape cropped(const TextMessage& params, const Shape& in, const Shape& like);
Shape permuted(const TextMessage& params, const Shape& in);
Shape interpolated(const TextMessage& params, const Shape& in);
Shape arg_max_shape(const TextMessage& params, const Shape& in);
Shape reduced(const TextMessage& params, const Shape& in);
Shape tiled(const TextMessage& params, const Shape& in);

// slice_param: the shape of each of that many outputs.
std::vector<Shape> sliced(const TextMessage& params, const Shape& in, std::size_t outputs);

// An axis as Caffe counts it (negative from the end); Error if `in` does not have it.
std::size_t read_axis(const TextMessage& params, std::string_view key, std::int64_t fallback,
                      const Shape& in);

}  // namespace neuralpower
