// SPDX-License-Identifier: Apache-2.0
// Data into and out of oneDNN's memory objects, whatever their layout and data type.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "neuralpower/measure/backends/memory/carousel.h"

namespace neuralpower::onednn {

// Every cell of `memory` drawn from `data`; see GaussianSource::draw.
void fill(const dnnl::memory& memory, GaussianSource& data, float scale, bool positive,
          dnnl::stream& stream);

// The row-major layout of these dimensions.
dnnl::memory::desc plain_layout(const dnnl::memory::dims& dims,
                                dnnl::memory::data_type type = dnnl::memory::data_type::f32);

// A row-major f32 copy.
std::vector<float> plain_values(const dnnl::memory& memory, dnnl::stream& stream);

}  // namespace neuralpower::onednn
