// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/backends.h"

#include <array>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/measure/backends/cudnn/cudnn_backend.h"
#ifdef NEURALPOWER_HAVE_EIGEN
#include "neuralpower/measure/backends/eigen/eigen_backend.h"
#endif
#ifdef NEURALPOWER_HAVE_ONEDNN
#include "neuralpower/measure/backends/onednn/onednn_backend.h"
#endif
#ifdef NEURALPOWER_HAVE_OPENBLAS
#include "neuralpower/measure/backends/openblas/openblas_backend.h"
#endif

namespace neuralpower {
namespace {

using Maker = std::unique_ptr<Backend> (*)(const BackendOptions&);
#ifdef NEURALPOWER_HAVE_ONEDNN
constexpr Maker kMakeOnednn = &make_onednn_backend;
#else
constexpr Maker kMakeOnednn = nullptr;
#endif
#ifdef NEURALPOWER_HAVE_OPENBLAS
constexpr Maker kMakeOpenblas = &make_openblas_backend;
#else
constexpr Maker kMakeOpenblas = nullptr;
#endif
#ifdef NEURALPOWER_HAVE_EIGEN
constexpr Maker kMakeEigen = &make_eigen_backend;
#else
constexpr Maker kMakeEigen = nullptr;
#endif

constexpr std::array<BackendRow, 4> kBackends = {{
    {"onednn", "CPU, oneDNN: f32 and bf16, layouts of its own, as in PyTorch and OpenVINO",
     kMakeOnednn, "oneDNN with OpenMP (Debian: libdnnl-dev)"},
    {"openblas", "CPU, OpenBLAS: f32, row-major, im2col and sgemm, as in Caffe", kMakeOpenblas,
     "OpenBLAS and OpenMP (Debian: libopenblas-dev)"},
    {"eigen", "CPU, Eigen: f32, row-major, im2col and Eigen's matrix product", kMakeEigen,
     "Eigen and OpenMP (Debian: libeigen3-dev)"},
    {"cudnn", "NVIDIA GPU, cuDNN and cuBLASLt: f32, tf32, f16, bf16, as in PyTorch",
     &make_cudnn_backend, ""},
}};

}  // namespace

std::span<const BackendRow> backends() { return kBackends; }

std::unique_ptr<Backend> make_backend(std::string_view name, const BackendOptions& options) {
  std::vector<std::string> names;
  for (const BackendRow& row : kBackends) {
    if (row.name == name) {
      if (row.make) return row.make(options);
      throw environment_error("this program was built without the back-end " + std::string(name) +
                              "; building it needs " + std::string(row.missing));
    }
    names.emplace_back(row.name);
  }
  const auto near = closest_word(name, names);
  throw usage_error("no back-end '" + std::string(name) + "'; " +
                    (near ? "did you mean '" + *near + "'?" : "see 'neuralpower backends'"));
}

}  // namespace neuralpower
