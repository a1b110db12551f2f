// SPDX-License-Identifier: Apache-2.0
// A stand-in for CUDA's runtime, cuDNN and cuBLASLt in one shared library: it computes what they
// compute, naively on the CPU, on a clock of its own, and fails when it is told to.
//
// Time: a kernel takes 2 us and a nanosecond for every 10,000 multiply-accumulates; the processor
// needs 5 us to launch one, so that short kernels leave gaps, which a replayed graph does not.
// Calls of more than 50 million multiply-accumulates take their time without computing.
// TF32: products that allow it read their operands with ten bits of fraction.
//
// FAKE_CUDA_FAIL, read when the library is loaded: FUNCTION:CALL:STATUS makes that call (counted
// from 1) fail; with a plus sign behind it, every call from then on, and everything else after it:
// the device is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "neuralpower/measure/backends/cudnn/cuda_api.h"

namespace neuralpower::fake_cuda {

// The status that this call of a function has to return at once; 0: let it do its work.
int planned_failure(const char* function);

// Does `work`, of so many multiply-accumulates, as a kernel: now, or later if a graph is recorded.
void launch(std::int64_t macs, std::function<void()> work);

// Cells as numbers, by cuDNN's number of their type; the second one rounds to TF32 if asked to.
float load(const void* cells, std::size_t index, int type);
void store(void* cells, std::size_t index, int type, float value);
float as_tf32(float value);

}  // namespace neuralpower::fake_cuda

extern "C" {
// For tests in the same process, found by dlsym.
void fake_cuda_fail(const char* plan);     // as FAKE_CUDA_FAIL; "": never; counting starts again
void fake_cuda_memory(std::size_t bytes);  // how much the device has
std::size_t fake_cuda_calls(const char* function);
}
