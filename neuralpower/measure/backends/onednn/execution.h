// SPDX-License-Identifier: Apache-2.0
// What every oneDNN layer runs in: the engine, its stream, the number of threads; and a layer bound
// to its memory.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "neuralpower/measure/backends/onednn/memory.h"
#include "neuralpower/measure/backends/onednn/recipe.h"

namespace neuralpower::onednn {

struct Runtime {
  Runtime(int threads_to_use, std::uint64_t seed)
      : threads(threads_to_use), engine(dnnl::engine::kind::cpu, 0), stream(engine), data(seed) {}

  int threads;
  dnnl::engine engine;
  dnnl::stream stream;
  GaussianSource data;
  std::shared_ptr<Buffer> scratch;  // of loops that stand in for a primitive

  // A fresh tensor on a buffer of its own, its cells zero.
  std::pair<std::shared_ptr<Buffer>, dnnl::memory> allocate(const dnnl::memory::desc& layout) {
    auto buffer = std::make_shared<Buffer>(layout.get_size());
    return {buffer, dnnl::memory(layout, engine, buffer->data())};
  }
};

// One memory per argument of the recipe, in its order.
using Binding = std::vector<dnnl::memory>;

// Executes a recipe; with several bindings, each execution takes the next one.
class BoundLayer final : public PreparedLayer {
 public:
  // `keep_alive` owns the memory of the bindings; `period` is that of its largest tensor.
  BoundLayer(Runtime& runtime, Recipe recipe, std::vector<Binding> bindings,
             std::vector<std::shared_ptr<Buffer>> keep_alive, std::int64_t period = 1);

  void run() override;
  void synchronise() override { runtime_.stream.wait(); }
  std::int64_t period() const override { return period_; }
  std::string implementation() const override { return recipe_.implementation; }
  LayerValues values() const override;

 private:
  Runtime& runtime_;
  Recipe recipe_;
  std::vector<Binding> bindings_;
  std::vector<std::vector<dnnl_exec_arg_t>> arguments_;
  std::vector<std::shared_ptr<Buffer>> keep_alive_;
  std::int64_t period_;
  std::size_t next_ = 0;
  std::size_t last_ = 0;
};

PreparedNetwork prepare_onednn_network(const Network& network, Runtime& runtime);

}  // namespace neuralpower::onednn
