// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/placed_layer.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/cudnn/cuda_constants.h"

namespace neuralpower::cuda {
namespace {

constexpr int kTrialExecutions = 5;
constexpr Seconds kGraphTime{1e-3};
constexpr std::int64_t kMostGraphExecutions = 50;

}  // namespace

std::shared_ptr<Buffer> Workspace::of(std::size_t bytes) {
  if (!buffer_ || buffer_->size() < bytes) buffer_ = device_.allocate(bytes);
  return buffer_;
}

PlacedLayer::PlacedLayer(Device& device, Kernel kernel, std::vector<Pointers> bindings,
                         std::vector<std::shared_ptr<void>> keep_alive, Workspace& workspace,
                         bool fastest)
    : device_(device),
      kernel_(std::move(kernel)),
      bindings_(std::move(bindings)),
      keep_alive_(std::move(keep_alive)) {
  for (const Launch& bind : kernel_.bind) bind(bindings_[0]);
  const RuntimeFunctions& cuda = device_.api().runtime;
  device_.api().check(cuda.cudaEventCreateWithFlags(&start_, 0), "making an event");
  device_.api().check(cuda.cudaEventCreateWithFlags(&stop_, 0), "making an event");

  std::string refusals;
  std::optional<std::size_t> best;
  Seconds best_time{0};
  for (std::size_t i = 0; i < kernel_.choices.size(); ++i) {
    try {
      keep_alive_.push_back(workspace.of(kernel_.choices[i].workspace));
      auto* place = static_cast<char*>(static_cast<Buffer*>(keep_alive_.back().get())->data());
      for (Pointers& binding : bindings_) binding.workspace = place;
      launch(kernel_.choices[i]);
      device_.synchronise();
      chosen_ = i;
      if (!fastest) {
        best = i;
        break;
      }
      const Seconds taken = time(kTrialExecutions);
      if (!best || taken < best_time) {
        best = i;
        best_time = taken;
      }
    } catch (const LaunchFailure& failure) {
      device_.recover(failure.reason);
      if (refusals.empty()) refusals = failure.reason;
    } catch (const Unsupported& lack) {  // of memory for this choice's workspace
      if (refusals.empty()) refusals = lack.reason;
    }
  }
  if (!best) {
    cuda.cudaEventDestroy(start_);
    cuda.cudaEventDestroy(stop_);
    throw Unsupported{refusals};
  }
  chosen_ = *best;
  next_ = 0;
}

PlacedLayer::~PlacedLayer() {
  device_.api().runtime.cudaEventDestroy(start_);
  device_.api().runtime.cudaEventDestroy(stop_);
}

void PlacedLayer::launch(const Choice& choice) {
  last_ = next_;
  for (const Launch& step : choice.launches) step(bindings_[last_]);
  if (++next_ == bindings_.size()) next_ = 0;
}

void PlacedLayer::run() {
  try {
    launch(kernel_.choices[chosen_]);
  } catch (const LaunchFailure& failure) {
    throw environment_error("the GPU refused a layer that it ran before: " + failure.reason);
  }
}

Seconds PlacedLayer::time(std::int64_t executions) {
  const Libraries& api = device_.api();
  api.check(api.runtime.cudaEventRecord(start_, device_.stream()), "recording an event");
  for (std::int64_t i = 0; i < executions; ++i) launch(kernel_.choices[chosen_]);
  api.check(api.runtime.cudaEventRecord(stop_, device_.stream()), "recording an event");
  api.check(api.runtime.cudaEventSynchronize(stop_), "waiting for the GPU");
  float elapsed = 0;
  api.check(api.runtime.cudaEventElapsedTime(&elapsed, start_, stop_), "reading the GPU's clock");
  return milliseconds(elapsed);
}

std::optional<Seconds> PlacedLayer::run_by_device_clock(std::int64_t executions) {
  try {
    return time(executions);
  } catch (const LaunchFailure& failure) {
    throw environment_error("the GPU refused a layer that it ran before: " + failure.reason);
  }
}

// Launches that cuDNN makes can be recorded into a graph and replayed without the processor's help.
// Not every kernel allows that; then there is nothing to tell.
std::map<std::string, double> PlacedLayer::side_measurements() {
  const Libraries& api = device_.api();
  const RuntimeFunctions& cuda = api.runtime;
  const Seconds once = *run_by_device_clock(1);
  const auto executions = static_cast<std::int64_t>(std::clamp(
      kGraphTime / std::max(once, Seconds(1e-7)), 1.0, static_cast<double>(kMostGraphExecutions)));
  void* graph = nullptr;
  void* program = nullptr;
  if (cuda.cudaStreamBeginCapture(device_.stream(), kCaptureThreadLocal) != kSuccess) {
    device_.recover("recording a graph");
    return {};
  }
  bool recorded = true;
  try {
    for (std::int64_t i = 0; i < executions; ++i) launch(kernel_.choices[chosen_]);
  } catch (const LaunchFailure&) {
    recorded = false;
  }
  const int ended = cuda.cudaStreamEndCapture(device_.stream(), &graph);
  std::map<std::string, double> told;
  if (recorded && ended == kSuccess &&
      cuda.cudaGraphInstantiateWithFlags(&program, graph, 0) == kSuccess) {
    float elapsed = 0;
    api.check(cuda.cudaGraphLaunch(program, device_.stream()), "replaying a graph");
    api.check(cuda.cudaEventRecord(start_, device_.stream()), "recording an event");
    api.check(cuda.cudaGraphLaunch(program, device_.stream()), "replaying a graph");
    api.check(cuda.cudaEventRecord(stop_, device_.stream()), "recording an event");
    api.check(cuda.cudaEventSynchronize(stop_), "waiting for the GPU");
    api.check(cuda.cudaEventElapsedTime(&elapsed, start_, stop_), "reading the GPU's clock");
    told["kernel_ms"] = static_cast<double>(elapsed) / static_cast<double>(executions);
    cuda.cudaGraphExecDestroy(program);
  }
  if (graph) cuda.cudaGraphDestroy(graph);
  device_.recover("recording a graph");
  return told;
}

LayerValues PlacedLayer::values() const {
  const Pointers& p = bindings_[last_];
  const auto plain = [&](const Tensor& tensor, const void* place) {
    std::vector<float> values = device_.read(place, tensor.count, tensor.type);
    return tensor.to_plain ? tensor.to_plain(values) : values;
  };
  LayerValues values;
  for (std::size_t i = 0; i < kernel_.inputs.size(); ++i)
    values.inputs.push_back(plain(kernel_.inputs[i], p.inputs[i]));
  for (std::size_t i = 0; i < kernel_.weights.size(); ++i) {
    const Tensor& weight = kernel_.weights[i];
    if (weight.constant) continue;
    values.weights.push_back(weight.is_absent ? std::vector<float>(weight.count)
                                              : plain(weight, p.weights[i]));
  }
  values.output = plain(kernel_.output, p.output);
  return values;
}

}  // namespace neuralpower::cuda
