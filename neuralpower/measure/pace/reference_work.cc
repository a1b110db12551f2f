// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/pace/reference_work.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <array>
#include <cstdint>
#include <vector>

#include "neuralpower/measure/backends/memory/buffer.h"
#include "neuralpower/measure/clock.h"

namespace neuralpower {
namespace {

constexpr int kSteps = 16384;
constexpr std::size_t kBuffer = 32u << 20, kPiece = 512u << 10;

// A linear congruential generator's step has nothing that a compiler could foresee or leave out.
std::uint64_t multiply_and_add(std::uint64_t seed) {
  std::array<std::uint64_t, 8> chains{};
  for (std::uint64_t& chain : chains) chain = ++seed;
  for (int step = 0; step < kSteps; ++step)
    for (std::uint64_t& chain : chains) chain = chain * 6364136223846793005u + 1442695040888963407u;
  std::uint64_t sum = 0;
  for (const std::uint64_t chain : chains) sum += chain;
  return sum;
}

std::uint64_t add_up(const std::uint64_t* cells, std::size_t count) {
  std::array<std::uint64_t, 8> sums{};
  for (std::size_t i = 0; i + sums.size() <= count; i += sums.size())
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += cells[i + k];
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

class ReferenceWork final : public PaceProbe {
 public:
  explicit ReferenceWork(int threads) : threads_(threads < 1 ? 1 : threads) {
    for (int i = 0; i < threads_; ++i) buffers_.push_back(std::make_unique<Buffer>(kBuffer));
  }

  Pace probe() override {
    Pace pace;
    pace.arithmetic =
        timed([](int thread) { return multiply_and_add(static_cast<std::uint64_t>(thread)); });
    pace.memory = timed([this](int thread) {
      const auto* start =
          static_cast<const std::uint64_t*>(buffers_[static_cast<std::size_t>(thread)]->data());
      return add_up(start + at_ / sizeof *start, kPiece / sizeof *start);
    });
    at_ = (at_ + kPiece) % kBuffer;
    return pace;
  }

 private:
  // On all threads at once; the team is the one that the layers run on.
  template <typename Work>
  Seconds timed(const Work& work) {
    std::uint64_t sum = 0;
    const Seconds start = clock_.now();
#ifdef _OPENMP
#pragma omp parallel num_threads(threads_) reduction(+ : sum)
    sum += work(omp_get_thread_num());
#else
    sum += work(0);
#endif
    const Seconds time = clock_.now() - start;
    sink_ = sum;
    return time;
  }

  int threads_;
  SteadyClock clock_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::size_t at_ = 0;
  volatile std::uint64_t sink_ = 0;  // so that the work cannot be left out
};

}  // namespace

std::unique_ptr<PaceProbe> make_reference_work(int threads) {
  return std::make_unique<ReferenceWork>(threads);
}

}  // namespace neuralpower
