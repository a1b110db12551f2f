// SPDX-License-Identifier: Apache-2.0
// A layer as launches of cuDNN and cuBLASLt on memory that is handed in.
//
// Parameters and data as in backends/reference.h. What differs from one framework to the next:
//   A convolution alone adds no bias (its reported bias is zero); with operations fused behind it,
//   it does: conv + bias + activation in one call where cuDNN can, else as calls of their own, and
//   implementation() says which.
//   A convolution whose padding is not the same on both sides reads a copy with zeros around it.
//   Layer, group and instance norm are cuDNN's batch statistics over rows, then a scale and a
//   shift. Attention is two batched products with a softmax between them.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/backends/cudnn/device.h"

namespace neuralpower::cuda {

struct Tensor {
  std::size_t count = 0;  // cells
  int type = 0;           // cuDNN's number
  float scale = 1;        // of the Gaussian data it is filled with
  bool positive = false;
  bool is_still = false;          // stays in one place: a descriptor has its address
  bool is_absent = false;         // the reference has it, the device does not: zeros
  std::optional<float> constant;  // the device needs it, the reference does not know it
  // From the order on the device to the row-major one of the reference; null: they are the same.
  std::function<std::vector<float>(const std::vector<float>&)> to_plain;
};

struct Pointers {
  std::vector<void*> inputs, weights;
  void* output = nullptr;
  char* workspace = nullptr;
};

using Launch = std::function<void(const Pointers&)>;

// One way to compute the layer; the library's algorithms are some.
struct Choice {
  std::string implementation;
  std::size_t workspace = 0;  // bytes
  std::vector<Launch> launches;
};

struct Kernel {
  std::vector<Tensor> inputs, weights;  // weights in the order of the reference, then its own
  Tensor output;
  std::vector<Choice> choices;  // the library's favourite first
  // Descriptors that hold addresses learn them here, once all is placed.
  std::vector<Launch> bind;
};

// Throws Unsupported.
Kernel make_kernel(const LayerConfig& config, const Device& device, const GpuOptions& options);

// A launch that cuDNN refused, with its words; thrown by launches.
struct LaunchFailure {
  std::string reason;
};

}  // namespace neuralpower::cuda
