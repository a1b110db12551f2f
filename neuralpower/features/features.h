// SPDX-License-Identifier: Apache-2.0
// Features: the named numbers that models see of a layer. One of the three places that know each
// operation, and the only one for training and prediction alike.
//
// Layers are grouped under a model key: the kind ("conv", "fc", "pool") or, where a mode changes
// the work altogether, kind and mode ("activation.relu", "norm.batch"). Each key has a fixed list
// of features; values come in the order of the names.
//
// Dimensions carry the paper's names (Cai et al. 2017, section 4): N batch, Ci x Hi x Wi input, Co
// x Ho x Wo output, kh x kw kernel, and sh, sw stride, ph, pw padding of both sides together,
// dh, dw dilation. Of volumes: C x D x H x W input, Co x Do x Ho x Wo output, kd x kh x kw kernel.
// Derived features:
//   flops, macs           operations (work.h)
//   in_bytes, out_bytes, weight_bytes, bytes    data moved at least once (work.h)
//   intensity             flops / bytes
//   cols_bytes            the matrix that im2col makes of a convolution's input
//   Hp, Wp                the padded input
//   Hr, Wr                as much of it as windows reach: (Ho - 1) sh + kh
//   eh                    height of the kernel with its dilation: (kh - 1) dh + 1
//   adds                  of a norm: the tensors that are added in the same unit
// All are finite and at least 0.
//
// The keys "any.product" and "any.element" stand for layers of all kinds: their features are what
// every layer has, from flops to intensity. Models of them serve kinds that were never measured.
//
// A power model sees two more, which the runtime model of the same layer supplies (model/):
//   time                  the predicted runtime in ms
//   cost                  the same before it is corrected: the sum of its physical terms
// So power can follow rates: macs/time is the throughput that the layer reaches.
// A model that is adapted from another device's sees one more, the last:
//   base                  what that device's formula says of the layer, in ms or W
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/features/target.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

std::string model_key(const LayerConfig& config);

// "any.product" for layers that multiply matrices, "any.element" for those that do not.
std::string general_key(const LayerConfig& config);

// Values in the order of feature_names(general_key(config)).
std::vector<double> extract_general_features(const LayerConfig& config);

// Names of the features of a layer of this key; empty for a key that has no features (views,
// unsupported operations, unknown keys).
std::vector<std::string_view> feature_names(std::string_view key);

// The same for models of a target: those of power end with "time" and "cost", and all models that
// are adapted from another device's with "base".
inline constexpr std::size_t kRuntimeFeatureCount = 2;
std::vector<std::string_view> feature_names(std::string_view key, Target target,
                                            bool adapted = false);

// Values in the order of feature_names(model_key(config)). Error if the shapes do not fit.
std::vector<double> extract_features(const LayerConfig& config);

// As above into a buffer of the right size, without allocating.
void extract_features(const LayerConfig& config, std::span<double> values);

}  // namespace neuralpower
