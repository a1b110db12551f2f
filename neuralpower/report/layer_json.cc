// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/layer_json.h"

#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower {

void write_layer_identity(JsonWriter& json, const std::string& name, const std::string& source_op,
                          const LayerConfig& config) {
  json.member("name", name)
      .member("kind", kind_of(config.op))
      .member("op", source_op)
      .member("layer", format_layer(config));
}

void write_layer_work(JsonWriter& json, const LayerConfig& config, std::int64_t params) {
  const Work work = count_work(config);
  json.member("macs", work.macs)
      .member("flops", work.flops)
      .member("params", params)
      .member("bytes", work.bytes());
}

}  // namespace neuralpower
