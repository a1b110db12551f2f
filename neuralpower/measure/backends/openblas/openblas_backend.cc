// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/openblas/openblas_backend.h"

#include <cblas.h>

#include "neuralpower/measure/backends/plain/plain_backend.h"

namespace neuralpower {
namespace {

void multiply(const plain::Product& p) {
  const auto m = static_cast<blasint>(p.m), n = static_cast<blasint>(p.n),
             k = static_cast<blasint>(p.k);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, p.transpose_b ? CblasTrans : CblasNoTrans, m, n, k, 1.0f,
              p.a, k, p.b, p.transpose_b ? k : n, p.beta, p.c, n);
}

}  // namespace

std::unique_ptr<Backend> make_openblas_backend(const BackendOptions& options) {
  PlainLibrary library;
  library.name = "openblas";
  // "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Sapphirerapids MAX_THREADS=64"
  library.library = openblas_get_config();
  library.product_name = "sgemm";
  library.conditions = {{"kernels", openblas_get_corename()},
                        {"threading", openblas_get_parallel() == 2 ? "OpenMP" : "pthreads"}};
  library.multiply = &multiply;
  library.set_threads = &openblas_set_num_threads;
  return make_plain_backend(library, options);
}

}  // namespace neuralpower
