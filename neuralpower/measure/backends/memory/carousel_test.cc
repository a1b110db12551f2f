// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/memory/carousel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace neuralpower {
namespace {

constexpr std::size_t kMiB = 1u << 20;

TEST(GrowingBuffer, KeepsItsPlaceAndItsContents) {
  const auto buffer = make_growing_buffer(kMiB);
  void* const place = buffer->data();
  const std::size_t size = buffer->size();
  EXPECT_GE(size, kMiB);
  std::memset(place, 7, size);
  ASSERT_TRUE(buffer->grow(10 * kMiB));
  EXPECT_EQ(buffer->data(), place);
  EXPECT_GE(buffer->size(), 10 * kMiB);
  const char* const bytes = static_cast<const char*>(place);
  EXPECT_EQ(bytes[size - 1], 7);
  EXPECT_TRUE(std::all_of(bytes + size, bytes + buffer->size(), [](char c) { return c == 0; }));
  EXPECT_TRUE(buffer->grow(kMiB)) << "it is as large already";
  EXPECT_GE(buffer->size(), 10 * kMiB);
  EXPECT_FALSE(buffer->grow(std::size_t{1} << 50));
  EXPECT_FALSE(Buffer(kMiB).grow(2 * kMiB));
}

// Layers that come before and after a larger one share one memory, filled once.
TEST(Carousel, GrowsInPlaceAndFillsOnlyWhatIsNew) {
  Carousel carousel(4 * kMiB);
  std::size_t filled = 0;
  std::shared_ptr<Buffer> owner;
  const Carousel::Fill fill = [&](void* start, std::size_t bytes) {
    std::memset(start, 1, bytes);
    filled += bytes;
  };
  const auto small = carousel.pieces(64 << 10, 0, fill, owner);
  const auto large = carousel.pieces(3 * kMiB, 0, fill, owner);
  const auto again = carousel.pieces(64 << 10, 0, fill, owner);
  EXPECT_EQ(small, again);
  EXPECT_EQ(large.size(), 2u);
  EXPECT_EQ(filled, owner->size());
  EXPECT_EQ(std::set<void*>(small.begin(), small.end()).size(), small.size());
  EXPECT_EQ(small.size(), 64u);
}

// A device's memory cannot grow: then there is a new buffer, and the old one lives on.
TEST(Carousel, MakesANewBufferWhereTheOldOneCannotGrow) {
  Carousel carousel(4 * kMiB, &make_host_buffer);
  std::size_t filled = 0;
  std::shared_ptr<Buffer> first, second;
  const Carousel::Fill fill = [&](void*, std::size_t bytes) { filled += bytes; };
  carousel.pieces(64 << 10, 0, fill, first);
  carousel.pieces(3 * kMiB, 0, fill, second);
  EXPECT_NE(first, second);
  EXPECT_EQ(filled, first->size() + second->size());
}

}  // namespace
}  // namespace neuralpower
