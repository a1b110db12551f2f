// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/eigen/eigen_backend.h"

#include <Eigen/Core>

#include "neuralpower/measure/backends/plain/plain_backend.h"

namespace neuralpower {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void multiply(const plain::Product& p) {
  const Eigen::Map<const Matrix> a(p.a, p.m, p.k);
  Eigen::Map<Matrix> c(p.c, p.m, p.n);
  if (p.beta == 0) c.setZero();
  if (p.transpose_b) {
    c.noalias() += a * Eigen::Map<const Matrix>(p.b, p.n, p.k).transpose();
  } else {
    c.noalias() += a * Eigen::Map<const Matrix>(p.b, p.k, p.n);
  }
}

}  // namespace

std::unique_ptr<Backend> make_eigen_backend(const BackendOptions& options) {
  PlainLibrary library;
  library.name = "eigen";
  library.library = "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + '.' +
                    std::to_string(EIGEN_MAJOR_VERSION) + '.' + std::to_string(EIGEN_MINOR_VERSION);
  library.product_name = "Eigen product";
  library.conditions = {{"instructions", Eigen::SimdInstructionSetsInUse()},
                        {"threading", "OpenMP"}};
  library.multiply = &multiply;
  library.set_threads = [](int threads) { Eigen::setNbThreads(threads); };
  return make_plain_backend(library, options);
}

}  // namespace neuralpower
