// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/dense_kernels.h"

namespace neuralpower {
namespace {

namespace baseline {
constexpr const char* kName = "baseline";
constexpr int kWidth = 2, kTileRows = 4, kTileVectors = 2;
#include "neuralpower/regression/dense_kernels.inc"
}  // namespace baseline

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr const char* kName = "avx2";
constexpr int kWidth = 4, kTileRows = 4, kTileVectors = 3;
#include "neuralpower/regression/dense_kernels.inc"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,fma")
namespace avx512 {
constexpr const char* kName = "avx512";
constexpr int kWidth = 8, kTileRows = 8, kTileVectors = 3;
#include "neuralpower/regression/dense_kernels.inc"
}  // namespace avx512
#pragma GCC pop_options
#endif

#if defined(__x86_64__)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

}  // namespace

const DenseKernels& dense_kernels() {
#if defined(__x86_64__)
  if (has_avx512()) return avx512::kKernels;
  if (has_avx2()) return avx2::kKernels;
#endif
  return baseline::kKernels;
}

std::vector<const DenseKernels*> supported_dense_kernels() {
  std::vector<const DenseKernels*> sets;
#if defined(__x86_64__)
  if (has_avx512()) sets.push_back(&avx512::kKernels);
  if (has_avx2()) sets.push_back(&avx2::kKernels);
#endif
  sets.push_back(&baseline::kKernels);
  return sets;
}

}  // namespace neuralpower
