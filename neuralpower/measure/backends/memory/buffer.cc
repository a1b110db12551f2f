// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/memory/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/memory/processors.h"

namespace neuralpower {
namespace {

constexpr std::size_t kCacheLine = 64, kPage = 4096, kHugePage = 2u << 20;
constexpr std::size_t kReserved = std::size_t{64} << 30;

std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

// Pages that are fresh are zero. They are fetched now, not while a layer is timed, and on all
// processors at once: a virtual machine's host may have to find them first.
void fetch_pages(char* start, std::size_t bytes) {
  const auto workers = static_cast<std::size_t>(usable_processors());
  const std::size_t share = round_up((bytes + workers - 1) / workers, kHugePage);
  const auto fetch = [=](std::size_t from) {
    volatile char* const pages = start;
    for (std::size_t at = from; at < std::min(bytes, from + share); at += kPage) pages[at] = 0;
  };
  std::vector<std::thread> others;
  for (std::size_t from = share; from < bytes; from += share) others.emplace_back(fetch, from);
  fetch(0);
  for (std::thread& other : others) other.join();
}

}  // namespace

Buffer::Buffer(std::size_t bytes) {
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
  size_ = std::max(alignment, round_up(bytes, alignment));
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

bool Buffer::grow(std::size_t bytes) {
  const std::size_t wanted = round_up(bytes, kHugePage);
  if (wanted > room_) return false;
  if (wanted > size_) fetch_pages(static_cast<char*>(data_) + size_, wanted - size_);
  size_ = std::max(size_, wanted);
  return true;
}

std::unique_ptr<Buffer> make_growing_buffer(std::size_t bytes) {
  void* const reserved = mmap(nullptr, kReserved, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return make_host_buffer(bytes);
  const auto address = reinterpret_cast<std::uintptr_t>(reserved);
  const std::size_t skipped = round_up(address, kHugePage) - address;
  auto buffer = std::make_unique<Buffer>(static_cast<char*>(reserved) + skipped, 0,
                                         [reserved](void*) { munmap(reserved, kReserved); });
  madvise(reserved, kReserved, MADV_HUGEPAGE);
  madvise(reserved, kReserved, MADV_DONTDUMP);
  buffer->room_ = (kReserved - skipped) / kHugePage * kHugePage;
  return buffer->grow(bytes) ? std::move(buffer) : make_host_buffer(bytes);
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
