// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/memory/carousel.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace neuralpower {
namespace {

constexpr std::size_t kPage = 4096, kMostPieces = 512, kBeyondCaches = 256u << 20;
constexpr std::size_t kPeriod = 1u << 20;

}  // namespace

GaussianSource::GaussianSource(std::uint64_t seed) : values_(kPeriod) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  for (float& value : values_) value = normal(random);
}

void GaussianSource::draw(float* out, std::size_t count, float scale, bool positive) {
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
}

std::vector<void*> Carousel::pieces(std::size_t bytes, int kind, const Fill& fill,
                                    std::shared_ptr<Buffer>& owner) {
  const std::size_t step = (bytes + kPage - 1) / kPage * kPage;
  const std::size_t wanted = std::max(round_, std::min(2 * step, kBeyondCaches));
  const std::size_t count = std::clamp<std::size_t>((wanted + step - 1) / step, 1, kMostPieces);
  std::shared_ptr<Buffer>& buffer = buffers_[kind];
  const std::size_t needed = std::max(round_, count * step);
  std::size_t filled = buffer ? buffer->size() : 0;
  if (filled < needed && !(buffer && buffer->grow(needed))) {
    buffer = make_(needed);  // layers that use the smaller one keep it alive
    filled = 0;
  }
  if (filled < buffer->size())
    fill(static_cast<char*>(buffer->data()) + filled, buffer->size() - filled);
  owner = buffer;
  std::vector<void*> pieces;
  for (std::size_t i = 0; i < count; ++i)
    pieces.push_back(static_cast<char*>(buffer->data()) + i * step);
  std::mt19937_64 random(bytes);
  std::shuffle(pieces.begin(), pieces.end(), random);
  return pieces;
}

}  // namespace neuralpower
