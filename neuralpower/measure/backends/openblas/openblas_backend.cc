// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/openblas/openblas_backend.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>

#include "neuralpower/measure/backends/plain/plain_backend.h"

namespace neuralpower {
namespace {

// Columns [first, last) of the product, by one thread.
void multiply_columns(const plain::Product& p, std::int64_t first, std::int64_t last) {
  const auto m = static_cast<blasint>(p.m), n = static_cast<blasint>(p.n),
             k = static_cast<blasint>(p.k);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, p.transpose_b ? CblasTrans : CblasNoTrans, m,
              static_cast<blasint>(last - first), k, 1.0f, p.a, k,
              p.b + (p.transpose_b ? first * k : first), p.transpose_b ? k : n, p.beta, p.c + first,
              n);
}

// OpenBLAS as Debian builds it has threads of its own, which would wait for the processors on which
// OpenMP's, that run the other loops, still spin. So it computes with one thread, and the product
// is split among OpenMP's.
void multiply(const plain::Product& p) {
  constexpr std::int64_t kWorthSplitting = 50'000, kVector = 16;
  const std::int64_t threads =
      p.m * p.n * p.k < kWorthSplitting ? 1 : std::min<std::int64_t>(omp_get_max_threads(), p.n);
  if (threads == 1) return multiply_columns(p, 0, p.n);
  const std::int64_t each = ((p.n + threads - 1) / threads + kVector - 1) / kVector * kVector;
#pragma omp parallel for schedule(static, 1)
  for (std::int64_t thread = 0; thread < threads; ++thread) {
    const std::int64_t first = std::min(p.n, thread * each), last = std::min(p.n, first + each);
    if (first < last) multiply_columns(p, first, last);
  }
}

}  // namespace

std::unique_ptr<Backend> make_openblas_backend(const BackendOptions& options) {
  PlainLibrary library;
  library.name = "openblas";
  // "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Sapphirerapids MAX_THREADS=64"
  library.library = openblas_get_config();
  library.product_name = "sgemm";
  library.conditions = {{"kernels", openblas_get_corename()}, {"threading", "OpenMP"}};
  library.multiply = &multiply;
  library.set_threads = [](int) { openblas_set_num_threads(1); };
  return make_plain_backend(library, options);
}

}  // namespace neuralpower
