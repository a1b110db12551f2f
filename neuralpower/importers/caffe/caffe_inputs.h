// SPDX-License-Identifier: Apache-2.0
// Where a prototxt says what comes in: fields of the network, Input layers, data layers.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "neuralpower/importers/caffe/caffe_layer.h"
#include "neuralpower/network/shape.h"

namespace neuralpower {

// `input` with `input_dim` (four each) or `input_shape`; no shape where the file gives none.
std::vector<std::pair<std::string, std::optional<Shape>>> declared_inputs(const TextMessage& net);

bool is_data_layer(const CaffeLayer& layer);

// True if the layer gives each top its shape (Input, DummyData); else the tops behind the first are
// labels.
bool has_own_shapes(const CaffeLayer& layer);

// The shapes of its tops as far as the file tells. Images: batch_size, three channels (one if
// gray), crop_size or the size they are resized to.
std::vector<std::optional<Shape>> data_shapes(const CaffeLayer& layer);

}  // namespace neuralpower
