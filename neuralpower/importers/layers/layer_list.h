// SPDX-License-Identifier: Apache-2.0
// Layer lists (`.layers`): a network as text, one layer a line in the layer text of
// network/layer_text.h. docs/formats.md describes the format to its users. In short:
//
//   # a comment
//   image: input batch=8 in=3x224x224
//   conv out=64 kernel=7 stride=2 pad=3            reads the line before; in= and batch= follow
//   a: norm mode=batch
//   b: conv out=64 kernel=1 <- image               reads what it names
//   add <- a, b
//   halves: move mode=split to=8x64x112x112 -> left 8x32x112x112, right 8x32x112x112
//   table: move mode=constant to=16x16 <- nothing
//   output <- left, right, table
//
// A line that leaves `in=` and `batch=` out gets them from what it reads; a line that has them must
// agree with it in the number of elements, unless it also says what it writes (`->`). Names are
// unique; a line may only read lines above it, so a list cannot have a cycle. Learned parameters
// are the weights of the operation and a bias per output channel of conv, deconv and fc, unless a
// batch norm reads the output (it has the bias then); `params=N` at the end of a line overrules
// that.
//
// Errors name the line ("line 7").
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

Network import_layer_list(const std::filesystem::path& file, const ImportOptions& options);
Network parse_layer_list(std::string_view text, std::string_view name,
                         const ImportOptions& options = {});

// What a list's reader would say of a layer with this configuration that reads these tensors: the
// number of elements must agree (fc reads 512x7x7 as 25088). Nothing if they fit.
std::optional<std::string> find_misfit(const LayerConfig& config,
                                       const std::vector<const Tensor*>& read);

// A name as a layer list writes it: blanks, control characters, broken UTF-8 and , # < > \ become
// \xNN. unescape_name(escape_name(s)) == s.
std::string escape_name(std::string_view name);
std::string unescape_name(std::string_view text);

}  // namespace neuralpower
