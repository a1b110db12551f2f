// SPDX-License-Identifier: Apache-2.0
// A back-end in the manner of the first frameworks: row-major f32 tensors, every layer by itself,
// matrix products by a library. The library is a parameter; openblas/ and eigen/ are two.
#pragma once

#include <memory>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/backends/plain/kernels.h"

namespace neuralpower {

struct PlainLibrary {
  std::string name;                               // of the back-end
  std::string library;                            // with its version
  std::string product_name;                       // what implementation() calls a matrix product
  std::map<std::string, std::string> conditions;  // of its own
  plain::Multiply multiply = nullptr;
  void (*set_threads)(int) = nullptr;
};

std::unique_ptr<Backend> make_plain_backend(const PlainLibrary& library,
                                            const BackendOptions& options);

}  // namespace neuralpower
