// SPDX-License-Identifier: Apache-2.0
// The stand-in's cuBLASLt: column-major products in loops.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/fake/fake_cuda.h"

namespace cuda = neuralpower::cuda;
namespace blas = neuralpower::cuda::blas;
namespace fake = neuralpower::fake_cuda;
using cuda::MatmulAlgorithm;
using cuda::MatmulHeuristic;
using cuda::Size;

namespace {

constexpr int kInvalidValue = 7;

struct Description {
  int compute = 0;
  std::int32_t transpose_a = 0, epilogue = 1;
  const void* bias = nullptr;
};
struct Layout {
  int type = 0;  // cuDNN's number
  std::int64_t rows = 0, columns = 0, stride = 0;
  std::int32_t batch = 1;
};

int dnn_type(int type) {
  if (type == blas::kHalf) return cuda::dnn::kHalf;
  return type == blas::kBfloat16 ? cuda::dnn::kBfloat16 : cuda::dnn::kFloat;
}

template <typename Value>
int take(Value& value, const void* from, Size bytes) {
  if (bytes != sizeof value) return kInvalidValue;
  std::memcpy(&value, from, bytes);
  return 0;
}

}  // namespace

#define FAIL_IF_PLANNED() \
  if (const int failure = fake::planned_failure(__func__)) return failure

extern "C" {

Size cublasLtGetVersion() { return 130000; }
const char* cublasLtGetStatusString(int status) {
  return status == kInvalidValue ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS_NOT_SUPPORTED";
}
int cublasLtCreate(void** handle) {
  FAIL_IF_PLANNED();
  return *handle = new char, 0;
}
int cublasLtDestroy(void* handle) { return delete static_cast<char*>(handle), 0; }
int cublasLtMatmulDescCreate(void** made, int compute, int scale_type) {
  FAIL_IF_PLANNED();
  if (scale_type != blas::kFloat) return kInvalidValue;
  auto* description = new Description;
  description->compute = compute;
  return *made = description, 0;
}
int cublasLtMatmulDescDestroy(void* made) { return delete static_cast<Description*>(made), 0; }
int cublasLtMatmulDescSetAttribute(void* made, int attribute, const void* value, Size bytes) {
  FAIL_IF_PLANNED();
  auto& description = *static_cast<Description*>(made);
  if (attribute == blas::kDescTransposeA) return take(description.transpose_a, value, bytes);
  if (attribute == blas::kDescEpilogue) return take(description.epilogue, value, bytes);
  if (attribute == blas::kDescBiasPointer) return take(description.bias, value, bytes);
  return kInvalidValue;
}
int cublasLtMatrixLayoutCreate(void** made, int type, std::uint64_t rows, std::uint64_t columns,
                               std::int64_t leading) {
  FAIL_IF_PLANNED();
  if (leading != static_cast<std::int64_t>(rows)) return kInvalidValue;
  auto* layout = new Layout;
  layout->type = dnn_type(type);
  layout->rows = static_cast<std::int64_t>(rows);
  layout->columns = static_cast<std::int64_t>(columns);
  return *made = layout, 0;
}
int cublasLtMatrixLayoutDestroy(void* made) { return delete static_cast<Layout*>(made), 0; }
int cublasLtMatrixLayoutSetAttribute(void* made, int attribute, const void* value, Size bytes) {
  FAIL_IF_PLANNED();
  auto& layout = *static_cast<Layout*>(made);
  if (attribute == blas::kLayoutBatchCount) return take(layout.batch, value, bytes);
  if (attribute == blas::kLayoutBatchStride) return take(layout.stride, value, bytes);
  return kInvalidValue;
}
int cublasLtMatmulPreferenceCreate(void** made) { return *made = new Size(0), 0; }
int cublasLtMatmulPreferenceDestroy(void* made) { return delete static_cast<Size*>(made), 0; }
int cublasLtMatmulPreferenceSetAttribute(void* made, int attribute, const void* value, Size bytes) {
  return attribute == blas::kPreferenceWorkspace ? take(*static_cast<Size*>(made), value, bytes)
                                                 : kInvalidValue;
}
int cublasLtMatmulAlgoGetHeuristic(void*, void*, void*, void*, void*, void*, void*, int wanted,
                                   MatmulHeuristic* all, int* count) {
  FAIL_IF_PLANNED();
  *count = std::min(wanted, 2);
  for (int i = 0; i < *count; ++i) {
    all[i] = {};
    all[i].algorithm.data[0] = static_cast<std::uint64_t>(10 + i);
    all[i].workspace = static_cast<Size>(1024 * i);
  }
  return 0;
}
int cublasLtMatmulAlgoConfigGetAttribute(const MatmulAlgorithm* algorithm, int attribute,
                                         void* value, Size bytes, Size* written) {
  const auto number =
      static_cast<std::int32_t>(attribute == blas::kConfigId ? algorithm->data[0] : 1);
  if (bytes != sizeof number) return kInvalidValue;
  std::memcpy(value, &number, bytes);
  *written = bytes;
  return 0;
}
int cublasLtMatmul(void*, void* description, const void* alpha, const void* a, void* a_layout,
                   const void* b, void* b_layout, const void* beta, const void*, void*, void* d,
                   void* d_layout, const MatmulAlgorithm* algorithm, void* workspace,
                   Size workspace_bytes, void*) {
  FAIL_IF_PLANNED();
  const Description how = *static_cast<Description*>(description);
  const Layout la = *static_cast<Layout*>(a_layout), lb = *static_cast<Layout*>(b_layout),
               ld = *static_cast<Layout*>(d_layout);
  const std::int64_t depth = how.transpose_a ? la.rows : la.columns;
  if ((how.transpose_a ? la.columns : la.rows) != ld.rows || lb.rows != depth ||
      lb.columns != ld.columns || *static_cast<const float*>(beta) != 0 ||
      (workspace_bytes > 0 && !workspace) || algorithm->data[0] < 10)
    return kInvalidValue;
  const bool has_bias = (how.epilogue & blas::kEpilogueBias) != 0;
  if (has_bias && !how.bias) return kInvalidValue;
  const bool relu = how.epilogue == blas::kEpilogueReluBias;
  const bool tf32 = how.compute == blas::kComputeTf32;
  const float factor = *static_cast<const float*>(alpha);
  fake::launch(ld.batch * ld.rows * ld.columns * depth, [=] {
    const auto read = [&](const void* cells, std::int64_t index, int type) {
      const float value = fake::load(cells, static_cast<std::size_t>(index), type);
      return tf32 ? fake::as_tf32(value) : value;
    };
    for (std::int64_t batch = 0; batch < ld.batch; ++batch)
      for (std::int64_t column = 0; column < ld.columns; ++column)
        for (std::int64_t row = 0; row < ld.rows; ++row) {
          double sum = 0;
          for (std::int64_t k = 0; k < depth; ++k)
            sum += double{read(a,
                               batch * la.stride +
                                   (how.transpose_a ? row * la.rows + k : k * la.rows + row),
                               la.type)} *
                   read(b, batch * lb.stride + column * lb.rows + k, lb.type);
          sum *= factor;
          if (has_bias) sum += fake::load(how.bias, static_cast<std::size_t>(row), ld.type);
          if (relu) sum = std::max(sum, 0.0);
          fake::store(d, static_cast<std::size_t>(batch * ld.stride + column * ld.rows + row),
                      ld.type, static_cast<float>(sum));
        }
  });
  return 0;
}

}  // extern "C"

#define SAME_AS_DECLARED(name, result, parameters) \
  static_assert(std::is_same_v<decltype(&::name), result(*) parameters>, #name);
namespace neuralpower::cuda {
NEURALPOWER_CUBLASLT_FUNCTIONS(SAME_AS_DECLARED)
}  // namespace neuralpower::cuda
