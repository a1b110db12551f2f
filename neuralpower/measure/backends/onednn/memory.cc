// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "neuralpower/base/error.h"

namespace neuralpower::onednn {
namespace {

constexpr std::size_t kCacheLine = 64, kHugePage = 2u << 20;
constexpr std::size_t kPage = 4096, kMostPieces = 512, kBeyondCaches = 256u << 20;
constexpr std::size_t kPeriod = 1u << 20;

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

Buffer::~Buffer() { std::free(data_); }

std::shared_ptr<Buffer> Arena::take(std::size_t bytes) {
  Slot* best = nullptr;
  for (const auto& slot : slots_)
    if (!slot->taken && slot->buffer->size() >= bytes &&
        (!best || slot->buffer->size() < best->buffer->size()))
      best = slot.get();
  if (!best) {
    slots_.push_back(std::make_unique<Slot>());
    best = slots_.back().get();
    best->buffer = std::make_unique<Buffer>(bytes);
  }
  best->taken = true;
  return {best->buffer.get(), [best](Buffer*) { best->taken = false; }};
}

std::size_t Arena::total_bytes() const {
  std::size_t total = 0;
  for (const auto& slot : slots_) total += slot->buffer->size();
  return total;
}

GaussianSource::GaussianSource(std::uint64_t seed) : values_(kPeriod) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  for (float& value : values_) value = normal(random);
}

void GaussianSource::fill(const dnnl::memory& memory, float scale, bool positive,
                          dnnl::stream& stream) {
  const dnnl::memory::desc layout = memory.get_desc();
  const dnnl::memory::desc plain = plain_layout(layout.dims());
  const bool direct = layout == plain;
  const std::size_t count = plain.get_size() / sizeof(float);
  std::unique_ptr<Buffer> staging;
  if (!direct) staging = std::make_unique<Buffer>(plain.get_size());
  float* out = static_cast<float*>(direct ? memory.get_data_handle() : staging->data());
  for (std::size_t done = 0; done < count;) {
    const std::size_t run = std::min(count - done, values_.size() - next_);
    const float* in = values_.data() + next_;
    if (positive) {
      for (std::size_t i = 0; i < run; ++i) out[done + i] = scale * std::fabs(in[i]) + 0.1f;
    } else {
      for (std::size_t i = 0; i < run; ++i) out[done + i] = scale * in[i];
    }
    done += run;
    next_ = (next_ + run) % values_.size();
  }
  if (direct) return;
  dnnl::memory source(plain, stream.get_engine(), staging->data());
  dnnl::reorder(source, memory).execute(stream, source, const_cast<dnnl::memory&>(memory));
  stream.wait();
}

std::vector<void*> Carousel::pieces(std::size_t bytes, dnnl::memory::data_type type,
                                    GaussianSource* data, dnnl::stream& stream,
                                    std::shared_ptr<Buffer>& owner) {
  const std::size_t step = (bytes + kPage - 1) / kPage * kPage;
  const std::size_t wanted = std::max(round_, std::min(2 * step, kBeyondCaches));
  const std::size_t count = std::clamp<std::size_t>((wanted + step - 1) / step, 1, kMostPieces);
  std::shared_ptr<Buffer>& buffer = buffers_[type];
  const std::size_t needed = std::max(round_, count * step);
  if (!buffer || buffer->size() < needed) {
    buffer = std::make_shared<Buffer>(needed);  // layers that use the smaller one keep it alive
    if (data) {
      const auto cells =
          static_cast<dnnl::memory::dim>(buffer->size() / dnnl::memory::data_type_size(type));
      data->fill(dnnl::memory(plain_layout({cells}, type), stream.get_engine(), buffer->data()), 1,
                 false, stream);
    }
  }
  owner = buffer;
  std::vector<void*> pieces;
  for (std::size_t i = 0; i < count; ++i)
    pieces.push_back(static_cast<char*>(buffer->data()) + i * step);
  std::mt19937_64 random(bytes);
  std::shuffle(pieces.begin(), pieces.end(), random);
  return pieces;
}

dnnl::memory::desc plain_layout(const dnnl::memory::dims& dims, dnnl::memory::data_type type) {
  dnnl::memory::dims strides(dims.size());
  dnnl::memory::dim stride = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<dnnl::memory::dim>(1, dims[i]);
  }
  return {dims, type, strides};
}

std::vector<float> plain_values(const dnnl::memory& memory, dnnl::stream& stream) {
  const dnnl::memory::desc plain = plain_layout(memory.get_desc().dims());
  std::vector<float> values(plain.get_size() / sizeof(float));
  dnnl::memory target(plain, stream.get_engine(), values.data());
  dnnl::memory source = memory;
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return values;
}

}  // namespace neuralpower::onednn
