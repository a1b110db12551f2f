// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/lane_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "neuralpower/features/sum_program.h"

// clang does not know `#pragma GCC target` and takes the baseline.
#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>
#endif

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;
constexpr std::size_t kLanes = SumProgram::kLanes;

template <Kind kKind>
bool holds(double a, double b) {
  switch (kKind) {
    case Kind::kLessEqual:
      return a <= b;
    case Kind::kGreaterEqual:
      return a >= b;
    case Kind::kLess:
      return a < b;
    case Kind::kGreater:
      return a > b;
    case Kind::kEqual:
      return a == b;
    default:
      return a != b;
  }
}

namespace baseline {
constexpr const char* kName = "baseline";
constexpr std::size_t kWidth = 2;
typedef double Real __attribute__((vector_size(16), aligned(16), may_alias));
typedef std::uint64_t Bits __attribute__((vector_size(16), aligned(16), may_alias));
typedef std::int64_t Truth __attribute__((vector_size(16)));
constexpr bool kFused = false, kFastReciprocal = false;
inline Real fused(Real a, Real b, Real c) { return a * b + c; }
inline Real spread(double x) { return Real{x, x}; }
inline Real reciprocal(Real y) { return 1.0 / y; }
inline Real round_up(Real x) { return Real{std::ceil(x[0]), std::ceil(x[1])}; }
inline Real round_down(Real x) { return Real{std::floor(x[0]), std::floor(x[1])}; }
template <Kind kKind>
inline std::uint32_t where_holds(Real a, Real b) {
  return static_cast<std::uint32_t>(holds<kKind>(a[0], b[0])) |
         static_cast<std::uint32_t>(holds<kKind>(a[1], b[1])) << 1;
}
inline Real add_where(Real sum, std::uint32_t mask, Real amount) {
  const Truth truth = {-static_cast<std::int64_t>(mask & 1),
                       -static_cast<std::int64_t>(mask >> 1 & 1)};
  return sum + (truth ? amount : Real{});
}
#include "neuralpower/features/lane_kernels.inc"
}  // namespace baseline

#if defined(__x86_64__) && !defined(__clang__)
constexpr int predicate(Kind kind) {
  switch (kind) {
    case Kind::kLessEqual:
      return _CMP_LE_OQ;
    case Kind::kGreaterEqual:
      return _CMP_GE_OQ;
    case Kind::kLess:
      return _CMP_LT_OQ;
    case Kind::kGreater:
      return _CMP_GT_OQ;
    case Kind::kEqual:
      return _CMP_EQ_OQ;
    default:
      return _CMP_NEQ_UQ;
  }
}

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr const char* kName = "avx2";
constexpr std::size_t kWidth = 4;
typedef double Real __attribute__((vector_size(32), aligned(32), may_alias));
typedef std::uint64_t Bits __attribute__((vector_size(32), aligned(32), may_alias));
typedef std::int64_t Truth __attribute__((vector_size(32)));
constexpr bool kFused = true, kFastReciprocal = false;
inline Real fused(Real a, Real b, Real c) { return _mm256_fmadd_pd(a, b, c); }
inline Real spread(double x) { return _mm256_set1_pd(x); }
inline Real reciprocal(Real y) { return 1.0 / y; }
inline Real round_up(Real x) { return _mm256_ceil_pd(x); }
inline Real round_down(Real x) { return _mm256_floor_pd(x); }
template <Kind kKind>
inline std::uint32_t where_holds(Real a, Real b) {
  return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a, b, predicate(kKind))));
}
inline Real add_where(Real sum, std::uint32_t mask, Real amount) {
  constexpr Truth kBit = {1, 2, 4, 8};
  const Truth truth = ((Truth{} + static_cast<std::int64_t>(mask)) & kBit) == kBit;
  return sum + (truth ? amount : Real{});
}
#include "neuralpower/features/lane_kernels.inc"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
namespace avx512 {
constexpr const char* kName = "avx512";
constexpr std::size_t kWidth = 8;
typedef double Real __attribute__((vector_size(64), aligned(64), may_alias));
typedef std::uint64_t Bits __attribute__((vector_size(64), aligned(64), may_alias));
constexpr bool kFused = true, kFastReciprocal = true;
inline Real fused(Real a, Real b, Real c) { return _mm512_fmadd_pd(a, b, c); }
inline Real spread(double x) { return _mm512_set1_pd(x); }
// 1 / y as a division rounds it: 14 bits of it, then 28, 56 and the rounding (Markstein's theorem
// 8.2: exact but for a y whose bits are all ones). Half the time of dividing.
inline Real reciprocal(Real y) {
  Real r = _mm512_maskz_rcp14_pd(0xff, y);
  r = fused(fused(-r, y, Real{} + 1.0), r, r);
  r = fused(fused(-r, y, Real{} + 1.0), r, r);
  return fused(fused(-r, y, Real{} + 1.0), r, r);
}
inline Real round_up(Real x) { return _mm512_ceil_pd(x); }
inline Real round_down(Real x) { return _mm512_floor_pd(x); }
template <Kind kKind>
inline std::uint32_t where_holds(Real a, Real b) {
  return _mm512_cmp_pd_mask(a, b, predicate(kKind));
}
inline Real add_where(Real sum, std::uint32_t mask, Real amount) {
  return _mm512_mask_add_pd(sum, static_cast<__mmask8>(mask), sum, amount);
}
#include "neuralpower/features/lane_kernels.inc"
}  // namespace avx512
#pragma GCC pop_options
#endif

}  // namespace

std::vector<const LaneKernels*> supported_lane_kernels() {
  std::vector<const LaneKernels*> sets;
#if defined(__x86_64__) && !defined(__clang__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    sets.push_back(&avx512::kKernels);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    sets.push_back(&avx2::kKernels);
#endif
  sets.push_back(&baseline::kKernels);
  return sets;
}

const LaneKernels& lane_kernels() {
  static const LaneKernels& best = *supported_lane_kernels().front();
  return best;
}

}  // namespace neuralpower
