// SPDX-License-Identifier: Apache-2.0
// A cross-validated Lasso path over rows that are never held together: simulated convolutions,
// their 127 terms expanded block by block.
//
// usage: lasso_stream ROWS [THREADS]
//
// Prints JSON: the time of making the rows alone, of all, the rate, and the most memory held.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "benchmarks/peak_memory.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/regression/cross_validation.h"

namespace neuralpower {
namespace {

constexpr std::size_t kBase = 7, kTerms = 127, kBlockRows = 1024;
constexpr std::uint32_t kFolds = 10;

class Generator {
 public:
  // Fills `terms` (kTerms a row), `target` and `folds` with the next rows.
  void next(std::size_t rows, std::vector<double>& terms, std::vector<double>& target,
            std::vector<std::uint32_t>& folds) {
    terms.resize(rows * kTerms);
    target.resize(rows);
    folds.resize(rows);
    for (std::size_t r = 0; r < rows; ++r) {
      const double kernel = 1 + std::floor(7 * uniform()), image = size(2.5, 7.9);
      const double out = std::ceil(image / (1 + std::floor(3 * uniform())));
      const double base[kBase] = {size(0, 7), out, out, kernel, size(0, 9), size(3, 9.3), image};
      target[r] = expand(base, terms.data() + r * kTerms) * (0.9 + 0.2 * uniform());
      folds[r] = static_cast<std::uint32_t>(uniform() * kFolds);
    }
  }

 private:
  // SplitMix64, as a number in [0, 1).
  double uniform() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }
  double size(double low, double high) {
    return std::round(std::exp2(low + (high - low) * uniform()));
  }

  // The terms, and a time in ms that depends on a few of them.
  static double expand(const double* x, double* out) {
    double* at = out;
    for (std::size_t i = 0; i < kBase; ++i) *at++ = x[i];
    for (std::size_t i = 0; i < kBase; ++i) {
      for (std::size_t j = i; j < kBase; ++j) *at++ = x[i] * x[j];
    }
    for (std::size_t i = 0; i < kBase; ++i) {
      for (std::size_t j = i; j < kBase; ++j) {
        for (std::size_t k = j; k < kBase; ++k) *at++ = x[i] * x[j] * x[k];
      }
    }
    const double n = x[0], ho = x[1], wo = x[2], k2 = x[3] * x[3], ci = x[4], co = x[5], hi = x[6];
    const double macs = ho * wo * co * k2 * ci;
    for (const double product : {macs, n * macs, n * ho * wo * k2 * ci, n * ho * wo * co,
                                 k2 * ci * co, n * hi * hi * ci, n * hi * ci, n * hi * ci}) {
      *at++ = product;
    }
    return 0.05 + n * macs / 3e9 + 4 * (n * ho * wo * co + n * hi * hi * ci) / 2e8;
  }

  std::uint64_t state_ = 1;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void run(std::size_t rows, unsigned threads) {
  std::vector<double> terms, target;
  std::vector<std::uint32_t> folds;
  const auto for_each_block = [&](const auto& use) {
    Generator generator;
    for (std::size_t start = 0; start < rows; start += kBlockRows) {
      const std::size_t count = std::min(kBlockRows, rows - start);
      generator.next(count, terms, target, folds);
      use(RowBlock{{terms.data(), count, kTerms}, {target.data(), count, 1}, {}, folds});
    }
  };
  auto start = std::chrono::steady_clock::now();
  for_each_block([](const RowBlock&) {});
  const double generating = seconds_since(start);

  start = std::chrono::steady_clock::now();
  FoldMomentsBuilder builder(kTerms, 1, kFolds);
  for_each_block([&](const RowBlock& block) { builder.add(block, threads); });
  const CrossValidation cv = cross_validate(builder.finish(), {}, 0, threads);
  const double all = seconds_since(start);
  std::printf(
      "{\"rows\": %zu, \"threads\": %u, \"seconds_making_rows\": %.4f, \"seconds\": %.4f,\n"
      " \"peak_megabytes\": %.1f, \"lambda_min\": %zu, \"nonzeros\": %zu, \"kkt\": %.1e}\n",
      rows, threads, generating, all, peak_megabytes(), cv.lambda_min + 1,
      cv.path.nonzeros[cv.lambda_min], *std::max_element(cv.kkt.begin(), cv.kkt.end()));
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  using namespace neuralpower;
  try {
    const auto rows = argc > 1 ? parse_int(argv[1]) : std::nullopt;
    const auto threads = argc > 2 ? parse_int(argv[2]) : 1;
    if (argc > 3 || !rows || *rows < 1000 || !threads || *threads < 1) {
      throw usage_error("usage: lasso_stream ROWS [THREADS], at least 1000 rows");
    }
    run(static_cast<std::size_t>(*rows), static_cast<unsigned>(*threads));
    return 0;
  } catch (const Error& error) {
    std::cerr << "lasso_stream: error: " << error.what() << '\n';
    return 2;
  }
}
