// SPDX-License-Identifier: Apache-2.0
// Features: the named numbers that models see of a layer. One of the three places that know each
// operation, and the only one for training and prediction alike.
//
// Layers are grouped under a model key: the kind ("conv", "fc", "pool") or, where a mode changes
// the work altogether, kind and mode ("activation.relu", "norm.batch"). Each key has a fixed list
// of features; values come in the order of the names.
//
// Dimensions carry the paper's names (Cai et al. 2017, section 4): N batch, Ci x Hi x Wi input, Co
// x Ho x Wo output, kh x kw kernel, and sh, sw stride, ph, pw padding of both sides. Derived
// features:
//   flops, macs           operations (work.h)
//   in_bytes, out_bytes, weight_bytes, bytes    data moved at least once (work.h)
//   intensity             flops / bytes
//   cols_bytes            the matrix that im2col makes of a convolution's input
// All are finite and at least 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/layer_config.h"

namespace neuralpower {

std::string model_key(const LayerConfig& config);

// Names of the features of a layer of this key; empty for a key that has no features (views,
// unsupported operations, unknown keys).
std::vector<std::string_view> feature_names(std::string_view key);

// Values in the order of feature_names(model_key(config)). Error if the shapes do not fit.
std::vector<double> extract_features(const LayerConfig& config);

// As above into a buffer of the right size, without allocating.
void extract_features(const LayerConfig& config, std::span<double> values);

}  // namespace neuralpower
