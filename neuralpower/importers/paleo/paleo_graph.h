// SPDX-License-Identifier: Apache-2.0
// The layers of a Paleo file as a plain graph: blocks are unfolded, splits copied, names resolved,
// in an order in which they can run.
//
// Block: a sub-layer is called block/sub; without parents it inherits the block's; its parents are
// names inside the block; `endpoint` lets the block's own name be a parent. ModelParallel: the same
// with `splits` copies block/sub@k; a parent x@self is the copy with the same k, x@all all copies
// (from outside, too). A Block may hold Blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "neuralpower/importers/paleo/json_tree.h"

namespace neuralpower {

struct PaleoNode {
  std::string name;
  const JsonValue* layer = nullptr;  // points into the document
  std::vector<int> parents;          // indices of earlier nodes
  std::int64_t splits = 1;           // of the ModelParallel block around it
};

// Parents first, otherwise as the file has them. Error that names the layer for parents that do not
// exist, cycles, and for files that unfold into more than 200,000 layers or a million edges.
std::vector<PaleoNode> unfold_paleo(const JsonValue& layers);

// A layer's text member; Error if it is not there or no text.
const std::string& paleo_text(const JsonValue& layer, const char* key);

}  // namespace neuralpower
