// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/onednn_backend.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/memory/processors.h"
#include "neuralpower/measure/backends/onednn/execution.h"
#include "neuralpower/measure/backends/onednn/loops.h"
#include "neuralpower/measure/backends/plain/plain_layer.h"

namespace neuralpower {
namespace {

using onednn::Argument;
using onednn::Binding;
using onednn::Recipe;
using onednn::Role;

std::string library_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
}

class OnednnBackend final : public Backend {
 public:
  explicit OnednnBackend(const BackendOptions& options)
      : cache_(options.cache),
        weights_(static_cast<std::size_t>(options.cache.weight_bytes)),
        inputs_(static_cast<std::size_t>(options.cache.activation_bytes)),
        outputs_(static_cast<std::size_t>(options.cache.activation_bytes)),
        runtime_(options.threads > 0 ? options.threads : usable_processors(), options.seed) {
    image_layout_ = onednn::preferred_image_layout(runtime_.engine);
  }

  std::string name() const override { return "onednn"; }

  std::map<std::string, std::string> conditions() const override {
    return {{"backend", "onednn"},
            {"library", "oneDNN " + library_version()},
            {"threads", std::to_string(runtime_.threads)},
            {"threading", "OpenMP"},
            {"layout", "chosen by oneDNN"},
            {"convolution_algorithm", "direct"},
            {"data", "Gaussian"},
            {"memory", "huge pages advised"},
            {"cached_weight_bytes", std::to_string(cache_.weight_bytes)},
            {"cached_activation_bytes", std::to_string(cache_.activation_bytes)}};
  }

  Preparation prepare(const LayerConfig& config) override {
    const auto type = onednn::onednn_type(config.dtype);
    std::vector<dnnl::memory::desc> offered;
    if (type && !std::holds_alternative<UnsupportedOp>(config.op))
      for (const Shape& shape : onednn::input_shapes(config))
        offered.push_back(onednn::preferred_layout(shape, *type, image_layout_));
    auto made = onednn::make_recipe(config, offered, runtime_.engine);
    if (auto* skip = std::get_if<Skip>(&made)) {
      auto kernel = onednn::loops_instead(config, skip->reason);
      if (!kernel) return std::move(*skip);
      return plain::place_kernel(std::move(*kernel), runtime_.threads, memory());
    }
    Recipe& recipe = std::get<Recipe>(made);

    std::vector<std::shared_ptr<Buffer>> buffers;
    // For each argument the places where its data may lie, taken in turn.
    std::vector<std::vector<void*>> places;
    std::size_t rounds = 1, largest = 0;
    std::int64_t period = 1;
    for (const Argument& argument : recipe.arguments) {
      const std::size_t bytes = argument.layout.get_size();
      Carousel* carousel = carousel_for(argument);
      if (carousel) {
        buffers.emplace_back();
        places.push_back(carousel->pieces(
            bytes, static_cast<int>(argument.layout.data_type()),
            [&](void* start, std::size_t size) { fill_cells(start, size, argument); },
            buffers.back()));
      } else {
        auto [buffer, memory] = runtime_.allocate(argument.layout);
        if (argument.role != Role::kOutput)
          onednn::fill(memory, runtime_.data, argument.scale, argument.positive, runtime_.stream);
        places.push_back({buffer->data()});
        buffers.push_back(std::move(buffer));
      }
      rounds = std::max(rounds, places.back().size());
      if (bytes > largest) period = static_cast<std::int64_t>(places.back().size());
      largest = std::max(largest, bytes);
    }
    std::vector<Binding> bindings(rounds);
    for (std::size_t round = 0; round < rounds; ++round)
      for (std::size_t i = 0; i < places.size(); ++i)
        bindings[round].emplace_back(recipe.arguments[i].layout, runtime_.engine,
                                     places[i][round % places[i].size()]);
    return std::make_unique<onednn::BoundLayer>(runtime_, std::move(recipe), std::move(bindings),
                                                std::move(buffers), period);
  }

  PreparedNetwork prepare_network(const Network& network) override {
    return onednn::prepare_onednn_network(network, runtime_);
  }

 private:
  plain::SharedMemory memory() {
    const bool moves = cache_.activation_bytes > 0;
    return {cache_.weight_bytes > 0 ? &weights_ : nullptr,
            moves ? &inputs_ : nullptr,
            moves ? &outputs_ : nullptr,
            static_cast<int>(dnnl::memory::data_type::f32),
            runtime_.data,
            runtime_.scratch};
  }

  // Gaussian cells for memory that layers read from; what they write to stays as it is.
  void fill_cells(void* start, std::size_t bytes, const Argument& argument) {
    if (argument.role == Role::kOutput) return;
    const auto type = argument.layout.data_type();
    const auto cells = static_cast<dnnl::memory::dim>(bytes / dnnl::memory::data_type_size(type));
    const dnnl::memory whole(onednn::plain_layout({cells}, type), runtime_.engine, start);
    onednn::fill(whole, runtime_.data, 1, false, runtime_.stream);
  }

  // Null for what lies still: what must be positive has to be filled for its purpose.
  Carousel* carousel_for(const Argument& argument) {
    if (argument.positive) return nullptr;
    switch (argument.role) {
      case Role::kWeight:
        return cache_.weight_bytes > 0 ? &weights_ : nullptr;
      case Role::kInput:
        return cache_.activation_bytes > 0 ? &inputs_ : nullptr;
      case Role::kOutput:
        return cache_.activation_bytes > 0 ? &outputs_ : nullptr;
    }
    return nullptr;
  }

  CachePolicy cache_;
  dnnl::memory::format_tag image_layout_;
  Carousel weights_, inputs_, outputs_;
  onednn::Runtime runtime_;
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend(const BackendOptions& options) {
  try {
    return std::make_unique<OnednnBackend>(options);
  } catch (const dnnl::error& error) {
    throw environment_error(std::string("oneDNN does not start: ") + error.what());
  }
}

}  // namespace neuralpower
