// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/plain_backend.h"

#include <omp.h>

#include <algorithm>
#include <map>

#include "neuralpower/measure/backends/memory/carousel.h"
#include "neuralpower/measure/backends/memory/processors.h"

namespace neuralpower {
namespace {

using plain::Kernel;
using plain::Pointers;
using plain::Tensor;

class PlainLayer final : public PreparedLayer {
 public:
  PlainLayer(int threads, Kernel kernel, std::vector<Pointers> bindings,
             std::vector<std::shared_ptr<void>> keep_alive)
      : threads_(threads),
        kernel_(std::move(kernel)),
        bindings_(std::move(bindings)),
        keep_alive_(std::move(keep_alive)) {}

  void run() override {
    // The number of OpenMP threads belongs to the calling thread; others may have set it.
    if (omp_get_max_threads() != threads_) omp_set_num_threads(threads_);
    last_ = next_;
    kernel_.run(bindings_[last_]);
    if (++next_ == bindings_.size()) next_ = 0;
  }
  void synchronise() override {}
  std::string implementation() const override { return kernel_.implementation; }

  LayerValues values() const override {
    const Pointers& p = bindings_[last_];
    LayerValues values;
    for (std::size_t i = 0; i < p.inputs.size(); ++i)
      values.inputs.emplace_back(p.inputs[i], p.inputs[i] + kernel_.inputs[i].count);
    for (std::size_t i = 0; i < p.weights.size(); ++i)
      values.weights.emplace_back(p.weights[i], p.weights[i] + kernel_.weights[i].count);
    values.output.assign(p.output, p.output + kernel_.output);
    return values;
  }

 private:
  int threads_;
  Kernel kernel_;
  std::vector<Pointers> bindings_;
  std::vector<std::shared_ptr<void>> keep_alive_;
  std::size_t next_ = 0, last_ = 0;
};

std::size_t bytes(std::size_t cells) { return std::max<std::size_t>(cells, 1) * sizeof(float); }

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
    Kernel& kernel = std::get<Kernel>(made);
    std::vector<std::shared_ptr<void>> buffers;
    const auto places = [&](const Tensor& tensor, Carousel* carousel,
                            bool is_written) -> std::vector<void*> {
      if (carousel && !tensor.positive) {
        std::shared_ptr<Buffer> owner;
        auto pieces = carousel->pieces(
            bytes(tensor.count), 0,
            [&](void* start, std::size_t size) {
              if (!is_written)
                data_.draw(static_cast<float*>(start), size / sizeof(float), 1, false);
            },
            owner);
        buffers.push_back(std::move(owner));
        return pieces;
      }
      auto own = std::make_shared<Buffer>(bytes(tensor.count));
      if (!is_written) data_.draw(own->floats(), tensor.count, tensor.scale, tensor.positive);
      buffers.push_back(own);
      return {own->data()};
    };
    const bool moves = cache_.activation_bytes > 0, weights_move = cache_.weight_bytes > 0;
    std::vector<std::vector<void*>> inputs, weights;
    for (const Tensor& tensor : kernel.inputs)
      inputs.push_back(places(tensor, moves ? &inputs_ : nullptr, false));
    for (const Tensor& tensor : kernel.weights)
      weights.push_back(places(tensor, weights_move ? &weights_ : nullptr, false));
    const auto outputs = places({kernel.output}, moves ? &outputs_ : nullptr, true);
    std::size_t rounds = outputs.size();
    for (const auto* group : {&inputs, &weights})
      for (const auto& tensor : *group) rounds = std::max(rounds, tensor.size());

    std::vector<Pointers> bindings(rounds);
    for (std::size_t round = 0; round < rounds; ++round) {
      const auto at = [round](const std::vector<void*>& tensor) {
        return static_cast<float*>(tensor[round % tensor.size()]);
      };
      for (const auto& tensor : inputs) bindings[round].inputs.push_back(at(tensor));
      for (const auto& tensor : weights) bindings[round].weights.push_back(at(tensor));
      bindings[round].output = at(outputs);
      bindings[round].scratch = scratch(kernel.scratch, buffers);
    }
    return std::make_unique<PlainLayer>(threads_, std::move(kernel), std::move(bindings),
                                        std::move(buffers));
  }

  PreparedNetwork prepare_network(const Network& network) override;

 private:
  // One scratch buffer serves all layers, as they run one after the other.
  float* scratch(std::size_t cells, std::vector<std::shared_ptr<void>>& keep_alive) {
    if (cells == 0) return nullptr;
    if (!scratch_ || scratch_->size() < bytes(cells))
      scratch_ = std::make_shared<Buffer>(bytes(cells));
    if (keep_alive.empty() || keep_alive.back() != scratch_) keep_alive.push_back(scratch_);
    return scratch_->floats();
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
  const auto gaussian = [&](std::size_t count) {
    auto buffer = arena->take(bytes(count));
    data_.draw(buffer->floats(), count, 1, false);
    pinned.push_back(buffer);
    return buffer;
  };
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
        const bool is_there = k < layer.inputs.size() && cells_of(layer.inputs[k]) >= count;
        pointers.inputs.push_back((is_there ? tensor(layer.inputs[k]) : gaussian(count))->floats());
      }
      for (const Tensor& weight : kernel->weights) {
        auto own = std::make_shared<Buffer>(bytes(weight.count));
        data_.draw(own->floats(), weight.count, weight.scale, weight.positive);
        pointers.weights.push_back(own->floats());
        keep_alive.push_back(std::move(own));
      }
      pointers.scratch = scratch(kernel->scratch, keep_alive);
      const auto output = arena->take(bytes(kernel->output));
      pointers.output = output->floats();
      for (const TensorId id : layer.outputs) placed[id] = output;
      prepared.steps.push_back(
          {i, false,
           std::make_unique<PlainLayer>(threads_, std::move(*kernel),
                                        std::vector<Pointers>{std::move(pointers)},
                                        std::move(keep_alive))});
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
