// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/memory/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

constexpr std::size_t kCacheLine = 64, kHugePage = 2u << 20;

}  // namespace

Buffer::Buffer(std::size_t bytes) {
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
  size_ = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  data_ = std::aligned_alloc(alignment, size_);
  if (!data_)
    throw environment_error("no memory for a buffer of " + std::to_string(size_ >> 20) + " MiB");
  if (alignment == kHugePage) madvise(data_, size_, MADV_HUGEPAGE);
  std::memset(data_, 0, size_);  // blocked layouts rely on zero padding
}

Buffer::Buffer(void* data, std::size_t bytes, std::function<void(void*)> release)
    : data_(data), size_(bytes), release_(std::move(release)) {}

Buffer::~Buffer() {
  if (release_) {
    release_(data_);
  } else {
    std::free(data_);
  }
}

std::unique_ptr<Buffer> make_host_buffer(std::size_t bytes) {
  return std::make_unique<Buffer>(bytes);
}

std::shared_ptr<Buffer> Arena::take(std::size_t bytes) {
  Slot* best = nullptr;
  for (const auto& slot : slots_)
    if (!slot->taken && slot->buffer->size() >= bytes &&
        (!best || slot->buffer->size() < best->buffer->size()))
      best = slot.get();
  if (!best) {
    slots_.push_back(std::make_unique<Slot>());
    best = slots_.back().get();
    best->buffer = make_(bytes);
  }
  best->taken = true;
  return {best->buffer.get(), [best](Buffer*) { best->taken = false; }};
}

}  // namespace neuralpower
