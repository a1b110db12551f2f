// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/import_onnx.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/graph_builder.h"
#include "neuralpower/importers/onnx/graph_inputs.h"
#include "neuralpower/importers/onnx/mapped_file.h"
#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower {
namespace {

Network import_model(const onnx::ModelProto& model, std::string name,
                     const std::optional<std::filesystem::path>& folder,
                     const ImportOptions& options) {
  const onnx::ResolvedInputs inputs = onnx::resolve_inputs(model.graph, options);
  // At another batch size, the shapes at the file's own tell which constants have it baked in. A
  // file that is broken at its own size is told so below, if it is at the new one.
  std::optional<onnx::GraphBuilder> base;
  if (inputs.change) {
    std::vector<onnx::ResolvedInput> unchanged = inputs.inputs;
    for (onnx::ResolvedInput& input : unchanged) input.shape = input.base_shape;
    try {
      base.emplace(model, folder);
      base->run(unchanged);
      base->take();  // its layers are not asked for, and may be many
    } catch (const Error&) {
      base.reset();
    }
  }
  onnx::GraphBuilder builder(model, folder, inputs.change, base ? &*base : nullptr);
  builder.run(inputs.inputs);
  Network network = builder.take();
  network.name = std::move(name);
  network.batch = inputs.batch;
  return network;
}

}  // namespace

Network import_onnx(const std::filesystem::path& file, const ImportOptions& options) {
  const onnx::MappedFile mapped(file);
  const onnx::ModelProto model = onnx::parse_model(mapped.bytes(), [&] { mapped.release_pages(); });
  return import_model(model, file.stem().string(), file.parent_path(), options);
}

Network import_onnx_bytes(std::string_view bytes, std::string_view name,
                          const ImportOptions& options) {
  return import_model(onnx::parse_model(bytes), std::string(name), std::nullopt, options);
}

}  // namespace neuralpower
