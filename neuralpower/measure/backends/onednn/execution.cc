// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/execution.h"

#include <omp.h>

namespace neuralpower::onednn {

BoundLayer::BoundLayer(Runtime& runtime, Recipe recipe, std::vector<Binding> bindings,
                       std::vector<std::shared_ptr<Buffer>> keep_alive, std::int64_t period)
    : runtime_(runtime),
      recipe_(std::move(recipe)),
      bindings_(std::move(bindings)),
      keep_alive_(std::move(keep_alive)),
      period_(period) {
  for (const Binding& binding : bindings_) {
    std::vector<dnnl_exec_arg_t> arguments;
    for (std::size_t i = 0; i < binding.size(); ++i)
      arguments.push_back({recipe_.arguments[i].id, binding[i].get()});
    arguments_.push_back(std::move(arguments));
  }
}

void BoundLayer::run() {
  // The number of OpenMP threads belongs to the calling thread; another back-end may have set it.
  if (omp_get_max_threads() != runtime_.threads) omp_set_num_threads(runtime_.threads);
  last_ = next_;
  const auto& arguments = arguments_[last_];
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(recipe_.primitive.get(), runtime_.stream.get(),
                             static_cast<int>(arguments.size()), arguments.data()),
      "a oneDNN layer could not be executed");
  if (++next_ == arguments_.size()) next_ = 0;
}

LayerValues BoundLayer::values() const {
  LayerValues values;
  for (std::size_t i = 0; i < recipe_.arguments.size(); ++i) {
    std::vector<float> plain = plain_values(bindings_[last_][i], runtime_.stream);
    switch (recipe_.arguments[i].role) {
      case Role::kInput:
        values.inputs.push_back(std::move(plain));
        break;
      case Role::kWeight:
        values.weights.push_back(std::move(plain));
        break;
      case Role::kOutput:
        values.output = std::move(plain);
        break;
    }
  }
  return values;
}

}  // namespace neuralpower::onednn
