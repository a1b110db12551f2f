// SPDX-License-Identifier: Apache-2.0
// An order in which the nodes of a graph can run.
#pragma once

#include <cstddef>
#include <vector>

#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

// Indices of `nodes`, each after those whose outputs it reads, otherwise in the file's order. A
// node with subgraphs also comes after what its subgraphs read from outside. Time and memory are
// linear. Error for a tensor written twice and for a cycle, with the node.
std::vector<std::size_t> run_order(const std::vector<NodeProto>& nodes);

// How an error calls a node: by its name, or "Conv #17" if it has none.
std::string display_name(const NodeProto& node, std::size_t number);

// The subgraphs among a node's attributes, undecoded.
std::vector<Bytes> subgraphs_of(const NodeProto& node);

}  // namespace neuralpower::onnx
