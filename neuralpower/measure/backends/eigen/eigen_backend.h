// SPDX-License-Identifier: Apache-2.0
// The plain CPU back-end with Eigen: im2col and Eigen's matrix product.
#pragma once

#include <memory>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

std::unique_ptr<Backend> make_eigen_backend(const BackendOptions& options);

}  // namespace neuralpower
