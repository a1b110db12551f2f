// SPDX-License-Identifier: Apache-2.0
// Convolution, its transposed form, and pooling on row-major images. Part of kernels.cc.
#pragma once

#include "neuralpower/measure/backends/plain/kernels.h"

namespace neuralpower::plain {

Kernel convolution_kernel(const Convolution& op, const Shape& in, const Shape& out,
                          Multiply multiply, const std::string& product_name);
Kernel deconvolution_kernel(const TransposedConvolution& op, const Shape& in, const Shape& out,
                            Multiply multiply, const std::string& product_name);
Kernel pooling_kernel(const Pooling& op, const Shape& in, const Shape& out);

}  // namespace neuralpower::plain
