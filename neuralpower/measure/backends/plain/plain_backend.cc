// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/plain_backend.h"

#include <algorithm>
#include <map>

#include "neuralpower/measure/backends/memory/carousel.h"
#include "neuralpower/measure/backends/memory/processors.h"
#include "neuralpower/measure/backends/plain/plain_layer.h"

namespace neuralpower {
namespace {

using plain::Kernel;
using plain::Pointers;
using plain::Tensor;

class PlainBackend final : public Backend {
 public:
  PlainBackend(PlainLibrary library, const BackendOptions& options)
      : library_(std::move(library)),
        threads_(options.threads > 0 ? options.threads : usable_processors()),
        cache_(options.cache),
        data_(options.seed),
        weights_(static_cast<std::size_t>(cache_.weight_bytes)),
        inputs_(static_cast<std::size_t>(cache_.activation_bytes)),
        outputs_(static_cast<std::size_t>(cache_.activation_bytes)) {
    library_.set_threads(threads_);
  }

  std::string name() const override { return library_.name; }

  std::map<std::string, std::string> conditions() const override {
    std::map<std::string, std::string> all = {
        {"backend", library_.name},
        {"library", library_.library},
        {"threads", std::to_string(threads_)},
        {"layout", "row-major"},
        {"convolution_algorithm", "im2col"},
        {"data", "Gaussian"},
        {"memory", "huge pages advised"},
        {"cached_weight_bytes", std::to_string(cache_.weight_bytes)},
        {"cached_activation_bytes", std::to_string(cache_.activation_bytes)}};
    all.insert(library_.conditions.begin(), library_.conditions.end());
    return all;
  }

  Preparation prepare(const LayerConfig& config) override {
    auto made = plain::make_kernel(config, library_.multiply, library_.product_name);
    if (auto* skip = std::get_if<Skip>(&made)) return std::move(*skip);
    return plain::place_kernel(std::move(std::get<Kernel>(made)), threads_, memory());
  }

  PreparedNetwork prepare_network(const Network& network) override;

 private:
  plain::SharedMemory memory() {
    const bool moves = cache_.activation_bytes > 0;
    return {cache_.weight_bytes > 0 ? &weights_ : nullptr,
            moves ? &inputs_ : nullptr,
            moves ? &outputs_ : nullptr,
            0,
            data_,
            scratch_};
  }

  PlainLibrary library_;
  int threads_;
  CachePolicy cache_;
  GaussianSource data_;
  Carousel weights_, inputs_, outputs_;
  std::shared_ptr<Buffer> scratch_;
};

PreparedNetwork PlainBackend::prepare_network(const Network& network) {
  PreparedNetwork prepared;
  const auto arena = std::make_shared<Arena>();
  std::vector<std::size_t> last_use(network.tensors.size(), 0);
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    for (const TensorId id : network.layers[i].inputs) last_use[id] = i;
  for (const TensorId id : network.outputs) last_use[id] = network.layers.size();

  std::map<TensorId, std::shared_ptr<Buffer>> placed;
  std::vector<std::shared_ptr<Buffer>> pinned;  // filled once: nothing may write over it
  const auto filled = [&](const Tensor& tensor) {
    auto buffer = arena->take(plain::bytes_of(tensor.count));
    plain::fill(buffer->floats(), tensor, data_);
    pinned.push_back(buffer);
    return buffer;
  };
  const auto gaussian = [&](std::size_t count) { return filled({count}); };
  const auto cells_of = [&](TensorId id) {
    return network.tensors[id].shape_known
               ? static_cast<std::size_t>(network.tensors[id].shape.element_count())
               : std::size_t{1};
  };
  const auto tensor = [&](TensorId id) {
    auto& buffer = placed[id];
    if (!buffer) buffer = gaussian(cells_of(id));
    return buffer;
  };
  for (const TensorId id : network.inputs) tensor(id);

  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const bool is_free =
        neuralpower::is_free(layer.config) || std::holds_alternative<Dropout>(layer.config.op);
    auto made = is_free
                    ? std::variant<Kernel, Skip>(Skip{})
                    : plain::make_kernel(layer.config, library_.multiply, library_.product_name);
    if (is_free && !layer.inputs.empty()) {
      for (const TensorId id : layer.outputs) placed[id] = tensor(layer.inputs[0]);
    } else if (auto* kernel = std::get_if<Kernel>(&made);
               kernel && !layer.outputs.empty() && cells_of(layer.outputs[0]) <= kernel->output) {
      Pointers pointers;
      std::vector<std::shared_ptr<void>> keep_alive = {arena};
      for (std::size_t k = 0; k < kernel->inputs.size(); ++k) {
        const std::size_t count = kernel->inputs[k].count;
        // An operand that the file fixes, or one that is spread, has a buffer of its own.
        const bool is_there = k < layer.inputs.size() && cells_of(layer.inputs[k]) >= count &&
                              kernel->inputs[k].indices_below == 0;
        pointers.inputs.push_back(
            (is_there ? tensor(layer.inputs[k]) : filled(kernel->inputs[k]))->floats());
      }
      for (const Tensor& weight : kernel->weights) {
        auto own = std::make_shared<Buffer>(plain::bytes_of(weight.count));
        plain::fill(own->floats(), weight, data_);
        pointers.weights.push_back(own->floats());
        keep_alive.push_back(std::move(own));
      }
      pointers.scratch = plain::scratch_of(kernel->scratch, scratch_, keep_alive);
      const auto output = arena->take(plain::bytes_of(kernel->output));
      pointers.output = output->floats();
      for (const TensorId id : layer.outputs) placed[id] = output;
      prepared.steps.push_back({i, false,
                                plain::bind_kernel(std::move(*kernel), threads_,
                                                   {std::move(pointers)}, std::move(keep_alive))});
    } else {
      const auto* skip = std::get_if<Skip>(&made);
      prepared.skipped.push_back(
          {i, skip && !skip->reason.empty() ? skip->reason : "its tensors are not known"});
      for (const TensorId id : layer.outputs) placed[id] = gaussian(cells_of(id));
    }
    std::erase_if(placed, [&](const auto& entry) { return last_use[entry.first] <= i; });
  }
  return prepared;
}

}  // namespace

std::unique_ptr<Backend> make_plain_backend(const PlainLibrary& library,
                                            const BackendOptions& options) {
  return std::make_unique<PlainBackend>(library, options);
}

}  // namespace neuralpower
