// SPDX-License-Identifier: Apache-2.0
// What `inspect` and `predict` say alike of a layer, as members of the JSON object at hand.
#pragma once

#include <string>

#include "neuralpower/network/layer_config.h"
#include "neuralpower/report/json_writer.h"

namespace neuralpower {

// "name", "kind", "op", "layer".
void write_layer_identity(JsonWriter& json, const std::string& name, const std::string& source_op,
                          const LayerConfig& config);

// "macs", "flops", "params", "bytes".
void write_layer_work(JsonWriter& json, const LayerConfig& config, std::int64_t params);

}  // namespace neuralpower
