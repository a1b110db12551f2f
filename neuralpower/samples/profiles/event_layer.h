// SPDX-License-Identifier: Apache-2.0
// What a node of a profile is, told from the tool's word for it and its shapes alone.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "neuralpower/samples/profiles/profile.h"

namespace neuralpower {

// The words (rule_word) of the layers that an operation of this name can stand for; empty if the
// name says nothing.
std::span<const std::string_view> words_of_operation(std::string_view op);

// The layer, where shapes are enough to know it (not for convolutions and pooling).
std::optional<LayerConfig> layer_of_shapes(const ProfileEvent& event);

}  // namespace neuralpower
