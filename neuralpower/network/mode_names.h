// SPDX-License-Identifier: Apache-2.0
// The one table of names of each mode, in the order of its enum, for writing and for reading.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "neuralpower/network/modes.h"

namespace neuralpower {

template <std::size_t N>
using ModeNames = std::array<std::string_view, N>;

inline constexpr ModeNames<4> kPoolModes = {"max", "avg", "adaptive_avg", "adaptive_max"};
inline constexpr ModeNames<6> kNormModes = {"batch", "lrn", "layer", "group", "instance", "rms"};
inline constexpr ModeNames<31> kActivationModes = {
    "relu", "sigmoid", "tanh",  "leaky_relu", "prelu",        "elu",      "selu",       "celu",
    "gelu", "silu",    "mish",  "hard_swish", "hard_sigmoid", "softplus", "softsign",   "clip",
    "exp",  "log",     "sqrt",  "erf",        "abs",          "neg",      "reciprocal", "pow",
    "sin",  "cos",     "floor", "ceil",       "round",        "sign",     "not"};
inline constexpr ModeNames<15> kElementwiseModes = {"add", "mul",   "sub",  "div",     "pow",
                                                    "max", "min",   "mod",  "and",     "or",
                                                    "xor", "equal", "less", "greater", "where"};
inline constexpr ModeNames<11> kReduceModes = {"mean", "sum",    "max",    "min",  "prod",  "l1",
                                               "l2",   "argmax", "argmin", "topk", "cumsum"};
inline constexpr ModeNames<19> kMoveModes = {
    "transpose",      "slice",          "split",           "pad",      "gather",
    "scatter",        "resize",         "expand",          "tile",     "cast",
    "space_to_depth", "depth_to_space", "channel_shuffle", "quantize", "dequantize",
    "constant",       "roll",           "reorder",         "other"};
inline constexpr ModeNames<3> kRecurrentModes = {"lstm", "gru", "rnn"};

template <std::size_t N, typename Mode>
constexpr std::string_view mode_name(const ModeNames<N>& names, Mode mode) {
  return names[static_cast<std::size_t>(mode)];
}

template <typename Mode, std::size_t N>
constexpr std::optional<Mode> find_mode(const ModeNames<N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Mode>(i);
  return std::nullopt;
}

}  // namespace neuralpower
