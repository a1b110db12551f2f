// SPDX-License-Identifier: Apache-2.0
// The data that layers read: seeded Gaussian values, and a shared buffer of them through which a
// layer moves from execution to execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "neuralpower/measure/backends/memory/buffer.h"

namespace neuralpower {

// Standard normal values from a seed. They repeat after 2^20 draws, which no cache or prefetcher
// notices, so that filling 100 MB takes no longer than copying them.
class GaussianSource {
 public:
  explicit GaussianSource(std::uint64_t seed);

  // The next `count` values, times `scale`; or, for what must be positive (a variance, the argument
  // of a logarithm), their magnitudes plus 0.1.
  void draw(float* out, std::size_t count, float scale, bool positive);

 private:
  std::vector<float> values_;
  std::size_t next_ = 0;
};

// One large buffer that all layers share: a layer that takes the next piece of it on each execution
// finds that piece as far from the caches as a whole round through the buffer is long. What is read
// need not be the layer's own, so nothing is allocated or filled for it.
class Carousel {
 public:
  explicit Carousel(std::size_t round_bytes, MakeBuffer make = &make_growing_buffer)
      : round_(round_bytes), make_(std::move(make)) {}

  // Pieces of `bytes` for one round, in a shuffled order, and the buffer that holds them. Layers
  // with the same `kind` of cells share a buffer; `fill` is called on what is new of it. The number
  // of pieces is limited: a tensor of a few cache lines is never far from the caches.
  using Fill = std::function<void(void* start, std::size_t bytes)>;
  std::vector<void*> pieces(std::size_t bytes, int kind, const Fill& fill,
                            std::shared_ptr<Buffer>& owner);

 private:
  std::size_t round_;
  MakeBuffer make_;
  std::map<int, std::shared_ptr<Buffer>> buffers_;
};

}  // namespace neuralpower
