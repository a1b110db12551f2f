// SPDX-License-Identifier: Apache-2.0
// A kernel of plain loops bound to memory, for back-ends: the plain ones, and others that have no
// primitive of their own for a layer.
#pragma once

#include <memory>
#include <vector>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/backends/memory/carousel.h"
#include "neuralpower/measure/backends/plain/kernels.h"

namespace neuralpower::plain {

// Where a back-end's layers have their data. Without a carousel each has its own.
struct SharedMemory {
  Carousel *weights = nullptr, *inputs = nullptr, *outputs = nullptr;
  int kind = 0;  // of the carousels' f32 cells
  GaussianSource& data;
  std::shared_ptr<Buffer>& scratch;  // one serves all layers, as they run one after the other
};

std::size_t bytes_of(std::size_t cells);  // at least one cell

// Every cell of a tensor: Gaussian, or whole numbers if it holds indices.
void fill(float* cells, const Tensor& tensor, GaussianSource& data);

// Scratch of so many cells, kept alive by what it is appended to; null for none.
float* scratch_of(std::size_t cells, std::shared_ptr<Buffer>& scratch,
                  std::vector<std::shared_ptr<void>>& keep_alive);

// The layer alone, which takes the next copy of its data on each execution.
std::unique_ptr<PreparedLayer> place_kernel(Kernel kernel, int threads, const SharedMemory& memory);

// On memory of the caller's, owned by `keep_alive`; with several bindings, each execution takes the
// next one. `period` is that of its largest tensor.
std::unique_ptr<PreparedLayer> bind_kernel(Kernel kernel, int threads,
                                           std::vector<Pointers> bindings,
                                           std::vector<std::shared_ptr<void>> keep_alive,
                                           std::int64_t period = 1);

}  // namespace neuralpower::plain
