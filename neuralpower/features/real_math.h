// SPDX-License-Identifier: Apache-2.0
// log2, ln and exp of one number, with the bits that many at once have (real_math.inc).
#pragma once

#include <bit>
#include <cstdint>

namespace neuralpower::real_math {

using Real = double;
using Bits = std::uint64_t;
inline Real divided(Real x, Real y) { return x / y; }
#include "neuralpower/features/real_math.inc"

}  // namespace neuralpower::real_math
