// SPDX-License-Identifier: Apache-2.0
// The network's inputs with concrete shapes: what the file says, the user's batch size and shapes,
// and 1 for a batch that the file leaves open.
//
// Which axis is the batch: one whose symbol says so ("batch", "batch_size", "N", "bs"), else axis
// 0. Symbols have one value all over the file. Sizes that stay unknown are an Error that shows what
// to give with --shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/importers/onnx/node_view.h"
#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

struct ResolvedInput {
  std::string_view name;
  Shape shape;
  Shape base_shape;  // at the file's own batch size
  DataType dtype = DataType::kF32;
  bool is_parameter = false;  // a weight of a file exported without its parameters
};

struct ResolvedInputs {
  std::vector<ResolvedInput> inputs;
  std::int64_t batch = 1;
  std::optional<BatchChange> change;  // if the batch differs from the file's
};

ResolvedInputs resolve_inputs(const GraphProto& graph, const ImportOptions& options);

}  // namespace neuralpower::onnx
