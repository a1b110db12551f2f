// SPDX-License-Identifier: Apache-2.0
// Memory for back-ends: buffers (of the CPU, aligned and on huge pages, some of them growing in
// place, or of a device that hands its own in), and an arena that gives the tensors of a network
// the same few buffers in turn.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace neuralpower {

// At least `bytes` of zeroed memory, aligned to a cache line, or to a huge page where that is
// worth it (2 MiB and more): with 4 KiB pages the time of a large matrix product would depend on
// which physical pages happened to be free. Error (environment) if there is not so much memory.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes);
  // Memory of somebody else's, given back by `release`; floats() is for the CPU's own only.
  Buffer(void* data, std::size_t bytes, std::function<void(void*)> release);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  float* floats() const { return static_cast<float*>(data_); }
  std::size_t size() const { return size_; }

  // At least `bytes` from now on, where it lies; what is added is zero. False: there is no room
  // (only make_growing_buffer's have any).
  bool grow(std::size_t bytes);

 private:
  friend std::unique_ptr<Buffer> make_growing_buffer(std::size_t bytes);
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;  // addresses that are reserved for it
  std::function<void(void*)> release_;
};

using MakeBuffer = std::function<std::unique_ptr<Buffer>(std::size_t bytes)>;
std::unique_ptr<Buffer> make_host_buffer(std::size_t bytes);
// Of the CPU, with addresses reserved behind it, so that what outgrows it need not be allocated and
// filled anew. Takes no more memory than its size; a plain one where addresses are rationed.
std::unique_ptr<Buffer> make_growing_buffer(std::size_t bytes);

// Buffers that are handed out again once nobody holds them, as an inference engine plans its
// memory. Owns them all; what was handed out must not outlive the arena.
class Arena {
 public:
  explicit Arena(MakeBuffer make = &make_host_buffer) : make_(std::move(make)) {}

  std::shared_ptr<Buffer> take(std::size_t bytes);

 private:
  struct Slot {
    std::unique_ptr<Buffer> buffer;
    bool taken = false;
  };
  MakeBuffer make_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace neuralpower
