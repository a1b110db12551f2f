// SPDX-License-Identifier: Apache-2.0
// std::vector<double> on cache-line boundaries, so that a vector load never splits a line.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace neuralpower {

template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  CacheLineAllocator() = default;
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kAlignment); }
  friend bool operator==(CacheLineAllocator, CacheLineAllocator) { return true; }
};

using AlignedVector = std::vector<double, CacheLineAllocator<double>>;

constexpr std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace neuralpower
