// SPDX-License-Identifier: Apache-2.0
// The plain CPU back-end with OpenBLAS: im2col and sgemm, as in Caffe.
#pragma once

#include <memory>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

std::unique_ptr<Backend> make_openblas_backend(const BackendOptions& options);

}  // namespace neuralpower
