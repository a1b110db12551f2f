// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/cudnn_backend.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/placed_layer.h"

namespace neuralpower {
namespace {

using cuda::Device;
using cuda::Kernel;
using cuda::PlacedLayer;
using cuda::Pointers;
using cuda::Tensor;
using cuda::Unsupported;

void refuse_unknown_algorithm(const std::string& name) {
  const std::vector<std::string> known = {
      "heuristic", "fastest", "implicit_gemm", "implicit_precomp_gemm", "gemm",   "direct",
      "fft",       "algo_0",  "fft_tiling",    "winograd_nonfused",     "algo_1", "winograd"};
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  const auto near = closest_word(name, known);
  throw usage_error("cuDNN has no algorithm '" + name + "'; " +
                    (near ? "did you mean '" + *near + "'?"
                          : "take heuristic, fastest or a name such as winograd"));
}

std::size_t bytes_of(const Tensor& tensor) {
  return std::max<std::size_t>(tensor.count, 1) * cuda::bytes_of_type(tensor.type);
}

// The cells of a network's tensors: as its layers have them.
int type_of(const Network& network) {
  for (const Layer& layer : network.layers) {
    if (layer.config.dtype == DataType::kF16) return cuda::dnn::kHalf;
    if (layer.config.dtype == DataType::kBF16) return cuda::dnn::kBfloat16;
  }
  return cuda::dnn::kFloat;
}

class CudnnBackend final : public Backend {
 public:
  explicit CudnnBackend(const BackendOptions& options)
      : options_(options.gpu),
        device_(options.gpu.device, options.gpu.libraries, options.seed),
        cache_(options.cache),
        workspace_(device_),
        weights_(static_cast<std::size_t>(weight_bytes()), maker()),
        inputs_(static_cast<std::size_t>(cache_.activation_bytes), maker()),
        outputs_(static_cast<std::size_t>(cache_.activation_bytes), maker()) {}

  std::string name() const override { return "cudnn"; }

  std::map<std::string, std::string> conditions() const override {
    const cuda::Libraries& api = device_.api();
    int runtime = 0, driver = 0;
    api.runtime.cudaRuntimeGetVersion(&runtime);
    api.runtime.cudaDriverGetVersion(&driver);
    const std::string dnn = cuda::cudnn_version(api.dnn.cudnnGetVersion());
    return {
        {"backend", "cudnn"},
        {"library", "cuDNN " + dnn + ", cuBLASLt " + std::to_string(api.blas.cublasLtGetVersion()) +
                        (options_.tf32 ? ", TF32 allowed" : "") +
                        (options_.channels_last ? ", channels last" : "") +
                        (options_.algorithm == "heuristic" ? "" : ", " + options_.algorithm)},
        {"gpu", device_.name()},
        {"gpu_multiprocessors", std::to_string(device_.attribute(cuda::kMultiprocessors))},
        {"gpu_capability", std::to_string(device_.attribute(cuda::kCapabilityMajor)) + "." +
                               std::to_string(device_.attribute(cuda::kCapabilityMinor))},
        {"gpu_l2_bytes", std::to_string(device_.attribute(cuda::kL2Bytes))},
        {"cuda_runtime", cuda::runtime_version(runtime)},
        {"cuda_driver", cuda::runtime_version(driver)},
        {"precision", options_.tf32 ? "f32 in TF32" : "f32 without TF32"},
        {"layout", options_.channels_last ? "channels last" : "row-major"},
        {"convolution_algorithm", options_.algorithm},
        {"convolution_bias", "only with operations fused behind it"},
        {"timing", "CUDA events"},
        {"data", "Gaussian"},
        {"cached_weight_bytes", std::to_string(weight_bytes())},
        {"cached_activation_bytes", std::to_string(cache_.activation_bytes)}};
  }

  // An event is exact to half a microsecond.
  Seconds shortest_slice() const override { return Seconds(2e-4); }

  Preparation prepare(const LayerConfig& config) override {
    try {
      Kernel kernel = cuda::make_kernel(config, device_, options_);
      std::vector<std::shared_ptr<void>> buffers;
      std::vector<std::vector<void*>> inputs, weights;
      const bool moves = cache_.activation_bytes > 0, weights_move = weight_bytes() > 0;
      for (const Tensor& tensor : kernel.inputs)
        inputs.push_back(places(tensor, moves ? &inputs_ : nullptr, true, buffers));
      for (const Tensor& tensor : kernel.weights)
        weights.push_back(places(tensor, weights_move ? &weights_ : nullptr, true, buffers));
      const auto outputs = places(kernel.output, moves ? &outputs_ : nullptr, false, buffers);
      std::size_t rounds = outputs.size();
      for (const auto* group : {&inputs, &weights})
        for (const auto& tensor : *group) rounds = std::max(rounds, tensor.size());
      std::vector<Pointers> bindings(rounds);
      for (std::size_t round = 0; round < rounds; ++round) {
        for (const auto& tensor : inputs)
          bindings[round].inputs.push_back(tensor[round % tensor.size()]);
        for (const auto& tensor : weights)
          bindings[round].weights.push_back(tensor[round % tensor.size()]);
        bindings[round].output = outputs[round % outputs.size()];
      }
      return std::make_unique<PlacedLayer>(device_, std::move(kernel), std::move(bindings),
                                           std::move(buffers), workspace_, fastest());
    } catch (const Unsupported& lack) {
      return Skip{lack.reason};
    }
  }

  PreparedNetwork prepare_network(const Network& network) override;

 private:
  bool fastest() const { return options_.algorithm == "fastest"; }

  std::int64_t weight_bytes() const {
    if (cache_.weight_bytes == 0) return 0;
    return std::max<std::int64_t>(cache_.weight_bytes, 2ll * device_.attribute(cuda::kL2Bytes));
  }

  MakeBuffer maker() {
    return [this](std::size_t bytes) { return device_.allocate(bytes); };
  }

  std::shared_ptr<Buffer> own(const Tensor& tensor, bool is_read) {
    std::shared_ptr<Buffer> buffer = device_.allocate(bytes_of(tensor));
    if (tensor.constant) {
      device_.fill_with(buffer->data(), tensor.count, tensor.type, *tensor.constant);
    } else if (is_read) {
      device_.fill(buffer->data(), tensor.count, tensor.type, tensor.scale, tensor.positive);
    }
    return buffer;
  }

  // Where a tensor lies, execution after execution.
  std::vector<void*> places(const Tensor& tensor, Carousel* carousel, bool is_read,
                            std::vector<std::shared_ptr<void>>& buffers) {
    if (tensor.is_absent) return {nullptr};
    if (!carousel || tensor.is_still || tensor.positive || tensor.constant) {
      buffers.push_back(own(tensor, is_read));
      return {static_cast<Buffer*>(buffers.back().get())->data()};
    }
    std::shared_ptr<Buffer> owner;
    auto pieces = carousel->pieces(
        bytes_of(tensor), tensor.type,
        [&](void* start, std::size_t bytes) {
          if (is_read)
            device_.fill(start, bytes / cuda::bytes_of_type(tensor.type), tensor.type, 1, false);
        },
        owner);
    buffers.push_back(std::move(owner));
    return pieces;
  }

  GpuOptions options_;
  Device device_;
  CachePolicy cache_;
  cuda::Workspace workspace_;
  Carousel weights_, inputs_, outputs_;
};

// Layers one after the other, tensors that do not live at the same time in the same memory.
PreparedNetwork CudnnBackend::prepare_network(const Network& network) {
  PreparedNetwork prepared;
  const auto arena = std::make_shared<Arena>(maker());
  std::map<TensorId, std::size_t> last_use;
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    for (const TensorId id : network.layers[i].inputs) last_use[id] = i;
  for (const TensorId id : network.outputs) last_use[id] = network.layers.size();

  std::map<TensorId, std::shared_ptr<Buffer>> placed;
  std::vector<std::shared_ptr<Buffer>> pinned;  // filled once: nothing may write over it
  const auto gaussian = [&](std::size_t count, int type) {
    auto buffer = arena->take(std::max<std::size_t>(count, 1) * cuda::bytes_of_type(type));
    device_.fill(buffer->data(), count, type, 1, false);
    pinned.push_back(buffer);
    return buffer;
  };
  const auto cells_of = [&](TensorId id) {
    return network.tensors[id].shape_known
               ? static_cast<std::size_t>(network.tensors[id].shape.element_count())
               : std::size_t{1};
  };
  const int usual_type = type_of(network);
  const auto tensor = [&](TensorId id) {
    auto& buffer = placed[id];
    if (!buffer) buffer = gaussian(cells_of(id), usual_type);
    return buffer;
  };
  for (const TensorId id : network.inputs) tensor(id);

  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    std::string reason;
    if (is_free(layer.config) || std::holds_alternative<Dropout>(layer.config.op)) {
      if (!layer.inputs.empty())
        for (const TensorId id : layer.outputs) placed[id] = tensor(layer.inputs[0]);
    } else {
      try {
        Kernel kernel = cuda::make_kernel(layer.config, device_, options_);
        Pointers pointers;
        std::vector<std::shared_ptr<void>> keep_alive = {arena};
        for (std::size_t k = 0; k < kernel.inputs.size(); ++k) {
          // An operand that the file fixes, or one that is spread, has a buffer of its own.
          const Tensor& input = kernel.inputs[k];
          const bool is_there = k < layer.inputs.size() && cells_of(layer.inputs[k]) >= input.count;
          pointers.inputs.push_back(
              (is_there ? tensor(layer.inputs[k]) : gaussian(input.count, input.type))->data());
        }
        for (const Tensor& weight : kernel.weights) {
          keep_alive.push_back(weight.is_absent ? nullptr : own(weight, true));
          auto* buffer = static_cast<Buffer*>(keep_alive.back().get());
          pointers.weights.push_back(buffer ? buffer->data() : nullptr);
        }
        const auto output = arena->take(bytes_of(kernel.output));
        pointers.output = output->data();
        for (const TensorId id : layer.outputs) placed[id] = output;
        prepared.steps.push_back(
            {i, false,
             std::make_unique<PlacedLayer>(device_, std::move(kernel),
                                           std::vector<Pointers>{std::move(pointers)},
                                           std::move(keep_alive), workspace_, fastest())});
      } catch (const Unsupported& lack) {
        prepared.skipped.push_back({i, lack.reason});
        for (const TensorId id : layer.outputs) placed[id] = gaussian(cells_of(id), usual_type);
      }
    }
    std::erase_if(placed, [&](const auto& entry) { return last_use[entry.first] <= i; });
  }
  return prepared;
}

}  // namespace

std::unique_ptr<Backend> make_cudnn_backend(const BackendOptions& options) {
  refuse_unknown_algorithm(options.gpu.algorithm);
  try {
    return std::make_unique<CudnnBackend>(options);
  } catch (const Unsupported& lack) {
    throw environment_error(lack.reason);
  }
}

}  // namespace neuralpower
