// SPDX-License-Identifier: Apache-2.0
// A kernel on its memory: the PreparedLayer of this back-end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "neuralpower/measure/backends/cudnn/kernels.h"

namespace neuralpower::cuda {

// One workspace serves all layers, as they run one after the other; layers that were placed on a
// smaller one keep it alive.
class Workspace {
 public:
  explicit Workspace(const Device& device) : device_(device) {}
  std::shared_ptr<Buffer> of(std::size_t bytes);

 private:
  const Device& device_;
  std::shared_ptr<Buffer> buffer_;
};

class PlacedLayer final : public PreparedLayer {
 public:
  // Takes the first of the kernel's choices that runs or, with "fastest", the fastest of them.
  // Unsupported if none does. `bindings` are taken in turn, one an execution.
  PlacedLayer(Device& device, Kernel kernel, std::vector<Pointers> bindings,
              std::vector<std::shared_ptr<void>> keep_alive, Workspace& workspace, bool fastest);
  ~PlacedLayer() override;

  void run() override;
  void synchronise() override { device_.synchronise(); }
  std::optional<Seconds> run_by_device_clock(std::int64_t executions) override;
  std::map<std::string, double> side_measurements() override;
  std::string implementation() const override { return kernel_.choices[chosen_].implementation; }
  LayerValues values() const override;

 private:
  void launch(const Choice& choice);
  Seconds time(std::int64_t executions);

  Device& device_;
  Kernel kernel_;
  std::vector<Pointers> bindings_;
  std::vector<std::shared_ptr<void>> keep_alive_;
  std::size_t chosen_ = 0, next_ = 0, last_ = 0;
  void* start_ = nullptr;  // events
  void* stop_ = nullptr;
};

}  // namespace neuralpower::cuda
