// SPDX-License-Identifier: Apache-2.0
// What the makers of kernels share: descriptors that own themselves, launches of what fits behind
// any layer, and the layer at hand.
#pragma once

#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/kernels.h"

namespace neuralpower::cuda {

inline constexpr float kOne = 1, kZero = 0;

struct Dims {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::int64_t count() const { return n * c * h * w; }
};

// The layer that is being made into a kernel.
struct Making {
  const LayerConfig& config;
  const Device& device;
  const GpuOptions& options;
  int type;  // of the cells
  Shape out;
  bool tf32;  // products may be in TF32

  const Shape& in(std::size_t i = 0) const { return config.inputs[i]; }
};

// Throws LaunchFailure unless `status` is success.
void must_dnn(const Device& device, int status, const char* call);
void must_blas(const Device& device, int status, const char* call);
void must_run(const Device& device, int status, const char* call);

// Throws Unsupported if a size exceeds what cuDNN counts with.
Handle tensor_descriptor(const Device& device, int type, const Dims& dims, bool channels_last);
// A part of a larger tensor of `whole`'s sizes.
Handle window_descriptor(const Device& device, int type, const Dims& dims, const Dims& whole,
                         bool channels_last);
Handle activation_descriptor(const Device& device, ActivationMode mode);  // Unsupported: not there
Handle operation_descriptor(const Device& device, int operation);

// A shape as four sizes: the third holds what is left over of longer ones.
Dims four_dims(const Shape& shape);
bool is_image(const Shape& shape);  // N x C x H x W, for which channels may lie last

// A tensor that a layer reads or writes, of this shape, in the order of the options.
Tensor tensor_of(const Making& m, const Shape& shape);
std::function<std::vector<float>(const std::vector<float>&)> from_channels_last(const Dims& dims);

// Appends to every choice what the layer's operations behind its main one do, from the `first` on.
void append_post_operations(const Making& m, Kernel& kernel, std::size_t first = 0);

Kernel make_convolution(const Making& m, const Convolution& op);
Kernel make_transposed_convolution(const Making& m, const TransposedConvolution& op);
Kernel make_fully_connected(const Making& m, const FullyConnected& op);
Kernel make_matrix_product(const Making& m);
Kernel make_attention(const Making& m);

}  // namespace neuralpower::cuda
