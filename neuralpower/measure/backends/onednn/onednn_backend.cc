// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/onednn_backend.h"

#include <sched.h>

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/onednn/execution.h"

namespace neuralpower {
namespace {

using onednn::Argument;
using onednn::Binding;
using onednn::Buffer;
using onednn::Recipe;
using onednn::Role;

int usable_cpus() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::string library_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
}

// Enough copies to cover `bytes`, within reason.
std::size_t copies(std::int64_t bytes, std::size_t one) {
  constexpr std::size_t kMost = 64;
  if (one == 0) return 1;
  return std::clamp<std::size_t>((static_cast<std::size_t>(bytes) + one - 1) / one, 1, kMost);
}

class OnednnBackend final : public Backend {
 public:
  explicit OnednnBackend(const BackendOptions& options)
      : cache_(options.cache),
        runtime_(options.threads > 0 ? options.threads : usable_cpus(), options.seed) {}

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
        offered.push_back(onednn::preferred_layout(shape, *type));
    auto made = onednn::make_recipe(config, offered, runtime_.engine);
    if (auto* skip = std::get_if<Skip>(&made)) return std::move(*skip);
    Recipe& recipe = std::get<Recipe>(made);

    std::size_t weight_bytes = 0, activation_bytes = 0;
    for (const Argument& argument : recipe.arguments)
      (argument.role == Role::kWeight ? weight_bytes : activation_bytes) +=
          argument.layout.get_size();
    const std::size_t weight_copies = copies(cache_.weight_bytes, weight_bytes);
    const std::size_t activation_copies = copies(cache_.activation_bytes, activation_bytes);

    std::vector<std::shared_ptr<Buffer>> buffers;
    std::vector<Binding> weights, bindings;
    const auto tensor = [&](const Argument& argument) {
      auto [buffer, memory] = runtime_.allocate(argument.layout);
      buffers.push_back(std::move(buffer));
      if (argument.role != Role::kOutput)
        runtime_.data.fill(memory, argument.scale, argument.positive, runtime_.stream);
      return memory;
    };
    std::vector<std::vector<dnnl::memory>> weight_sets(weight_copies),
        activation_sets(activation_copies);
    for (auto& set : weight_sets)
      for (const Argument& argument : recipe.arguments)
        if (argument.role == Role::kWeight) set.push_back(tensor(argument));
    for (auto& set : activation_sets)
      for (const Argument& argument : recipe.arguments)
        if (argument.role != Role::kWeight) set.push_back(tensor(argument));
    for (std::size_t i = 0; i < std::max(weight_copies, activation_copies); ++i) {
      auto weight = weight_sets[i % weight_copies].begin();
      auto activation = activation_sets[i % activation_copies].begin();
      Binding binding;
      for (const Argument& argument : recipe.arguments)
        binding.push_back(argument.role == Role::kWeight ? *weight++ : *activation++);
      bindings.push_back(std::move(binding));
    }
    return std::make_unique<onednn::BoundLayer>(runtime_, std::move(recipe), std::move(bindings),
                                                std::move(buffers));
  }

  PreparedNetwork prepare_network(const Network& network) override {
    return onednn::prepare_onednn_network(network, runtime_);
  }

 private:
  CachePolicy cache_;
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
