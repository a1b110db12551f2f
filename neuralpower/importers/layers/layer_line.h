// SPDX-License-Identifier: Apache-2.0
// One line of a layer list taken apart, before it is known what its names mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/shape.h"

namespace neuralpower {

// [NAME:] KIND key=value ... [<- NAME, NAME] [-> [NAME] SHAPE, NAME SHAPE]
struct LayerLine {
  struct Output {
    std::string name;            // empty: the line's own
    std::optional<Shape> shape;  // none: unknown, written "?"
  };

  std::size_t number = 0;  // counted from 1
  std::string name;        // empty: none given
  std::string kind;
  std::vector<std::string> keys;                   // "key=value"
  std::optional<std::vector<std::string>> inputs;  // behind <-; empty for "<- nothing"
  std::vector<Output> outputs;                     // what stands behind ->

  bool has(std::string_view key) const { return get(key).has_value(); }
  std::optional<std::string> get(std::string_view key) const;
  // Removes `key` and returns its value.
  std::optional<std::string> take(std::string_view key);
  void add(std::string_view key, std::string_view value);
};

// Nothing for a line that is blank or a comment.
std::optional<LayerLine> parse_layer_line(std::string_view text, std::size_t number);

}  // namespace neuralpower
