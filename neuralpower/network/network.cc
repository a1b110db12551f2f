// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/network.h"

#include <utility>

#include "neuralpower/base/checked.h"

namespace neuralpower {

TensorId Network::add_tensor(Tensor tensor) {
  tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors.size() - 1);
}

NetworkWork total_work(const Network& network) {
  NetworkWork total;
  for (const Layer& layer : network.layers) {
    if (std::holds_alternative<UnsupportedOp>(layer.config.op)) {
      ++total.unsupported;
      continue;
    }
    const Work work = count_work(layer.config);
    total.macs = checked_add(total.macs, work.macs);
    total.flops = checked_add(total.flops, work.flops);
    total.bytes = checked_add(total.bytes, work.bytes());
    total.params = checked_add(total.params, layer.params);
  }
  return total;
}

bool is_free(const LayerConfig& config) { return std::holds_alternative<View>(config.op); }

}  // namespace neuralpower
