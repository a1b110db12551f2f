// SPDX-License-Identifier: Apache-2.0
// Memory for the oneDNN back-end: aligned buffers on huge pages, an arena that gives the tensors of
// a network the same few buffers in turn, and a source of seeded Gaussian data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

namespace neuralpower::onednn {

// At least `bytes` of zeroed memory, aligned to a cache line, or to a huge page where that is
// worth it (2 MiB and more): with 4 KiB pages the time of a large matrix product would depend on
// which physical pages happened to be free. Error (environment) if there is not so much memory.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Buffers that are handed out again once nobody holds them, as an inference engine plans its
// memory. Owns them all; what was handed out must not outlive the arena.
class Arena {
 public:
  std::shared_ptr<Buffer> take(std::size_t bytes);
  std::size_t total_bytes() const;

 private:
  struct Slot {
    std::unique_ptr<Buffer> buffer;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Slot>> slots_;
};

// Standard normal values from a seed. They repeat after 2^20 draws, which no cache or prefetcher
// notices, so that filling 100 MB takes no longer than copying them.
class GaussianSource {
 public:
  explicit GaussianSource(std::uint64_t seed);

  // Every cell of `memory`, of any layout and data type, set to scale * value (or its magnitude
  // plus 0.1 for what must be positive, such as a variance).
  void fill(const dnnl::memory& memory, float scale, bool positive, dnnl::stream& stream);

 private:
  std::vector<float> values_;
  std::size_t next_ = 0;
};

// One large buffer that all layers share: a layer that takes the next piece of it on each execution
// finds that piece as far from the caches as a whole round through the buffer is long. What is read
// need not be the layer's own, so nothing is allocated or filled for it.
class Carousel {
 public:
  explicit Carousel(std::size_t round_bytes) : round_(round_bytes) {}

  // Pieces of `bytes` for one round, in a shuffled order, and the buffer that holds them. The
  // number of pieces is limited: a tensor of a few cache lines is never far from the caches.
  // `data` null: the pieces are written, not read.
  std::vector<void*> pieces(std::size_t bytes, dnnl::memory::data_type type, GaussianSource* data,
                            dnnl::stream& stream, std::shared_ptr<Buffer>& owner);

 private:
  std::size_t round_;
  std::map<dnnl::memory::data_type, std::shared_ptr<Buffer>> buffers_;
};

// The row-major layout of the same dimensions in f32.
dnnl::memory::desc plain_layout(const dnnl::memory::dims& dims,
                                dnnl::memory::data_type type = dnnl::memory::data_type::f32);

// A row-major f32 copy.
std::vector<float> plain_values(const dnnl::memory& memory, dnnl::stream& stream);

}  // namespace neuralpower::onednn
