// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/slice_fusion.h"

#include <map>
#include <optional>
#include <utility>

#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

// What a layer takes of its input: `length` of one axis.
struct Part {
  std::size_t axis = 0;
  std::int64_t length = 0;
};

std::optional<Part> part_of_slice(const Shape& in, const Shape& out) {
  if (in.rank() != out.rank()) return std::nullopt;
  std::optional<Part> part;
  for (std::size_t i = 0; i < in.rank(); ++i) {
    if (in[i] == out[i]) continue;
    if (part) return std::nullopt;
    part = Part{i, out[i]};
  }
  return part;
}

// A single index removes its axis; of equal sizes the first counts.
std::optional<Part> part_of_gather(const Shape& in, const Shape& out) {
  if (in.rank() != out.rank() + 1) return std::nullopt;
  std::size_t axis = 0;
  while (axis < out.rank() && in[axis] == out[axis]) ++axis;
  for (std::size_t i = axis; i < out.rank(); ++i)
    if (in[i + 1] != out[i]) return std::nullopt;
  return Part{axis, 1};
}

std::optional<Part> part_of(const Layer& layer) {
  const auto* move = std::get_if<DataMovement>(&layer.config.op);
  if (!move || layer.inputs.size() != 1 || layer.outputs.size() != 1) return std::nullopt;
  const Shape &in = layer.config.inputs[0], &out = move->to;
  if (move->mode == MoveMode::kSlice) return part_of_slice(in, out);
  if (move->mode == MoveMode::kGather) return part_of_gather(in, out);
  return std::nullopt;
}

using Layers = std::vector<std::size_t>;

bool is_whole(const std::vector<Layer>& layers, const Layers& members, std::size_t axis) {
  std::int64_t total = 0;
  for (const std::size_t i : members) total += part_of(layers[i])->length;
  return members.size() > 1 && total == layers[members[0]].config.inputs[0][axis];
}

Layer split_of(const std::vector<Layer>& layers, const Layers& members) {
  Layer split = layers[members[0]];
  const Shape in = split.config.inputs[0];
  split.source_op = "split";
  split.config = make_layer_config(DataMovement{MoveMode::kSplit, in}, {in}, split.config.dtype);
  split.outputs.clear();
  for (const std::size_t i : members) split.outputs.push_back(layers[i].outputs[0]);
  return split;
}

}  // namespace

FusedNetwork join_slices(FusedNetwork fused) {
  std::vector<Layer>& layers = fused.network.layers;
  std::map<std::pair<TensorId, std::size_t>, Layers> by_axis;  // of a tensor
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (const auto part = part_of(layers[i]))
      by_axis[{layers[i].inputs[0], part->axis}].push_back(i);
  std::vector<char> joined(layers.size(), false);
  for (const auto& [place, members] : by_axis) {
    if (!is_whole(layers, members, place.second)) continue;
    FusedGroup group{layers[members[0]].name, "slices", {}};
    for (const std::size_t i : members) {
      group.members.push_back(layers[i].name);
      joined[i] = i != members[0];
    }
    layers[members[0]] = split_of(layers, members);
    fused.groups.push_back(std::move(group));
  }
  std::vector<Layer> kept;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (!joined[i]) kept.push_back(std::move(layers[i]));
  layers = std::move(kept);
  return fused;
}

}  // namespace neuralpower
