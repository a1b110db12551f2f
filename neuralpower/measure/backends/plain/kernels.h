// SPDX-License-Identifier: Apache-2.0
// The layers of the plain back-ends: row-major f32, parallel loops, and matrix products by a
// library that is handed in. A convolution is im2col and one product per image and group, as Caffe
// does it.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "neuralpower/measure/backend.h"

namespace neuralpower::plain {

// c (m x n) = a (m x k) * b (k x n) + beta * c, all row-major; with transpose_b, b is n x k.
struct Product {
  std::int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  bool transpose_b = false;
  float beta = 0;
};
using Multiply = void (*)(const Product&);

struct Tensor {
  std::size_t count = 0;  // cells
  float scale = 1;        // of the Gaussian data it is filled with
  bool positive = false;
  std::int64_t indices_below = 0;  // not 0: it holds whole numbers from 0 to below this
};

struct Pointers {
  std::vector<const float*> inputs, weights;
  float* output = nullptr;
  float* scratch = nullptr;
};

// A layer ready to run on any memory of these sizes.
struct Kernel {
  std::string implementation;
  std::vector<Tensor> inputs, weights;  // weights in the order of backends/reference.h
  std::size_t output = 0, scratch = 0;  // cells
  std::function<void(const Pointers&)> run;
};

std::variant<Kernel, Skip> make_kernel(const LayerConfig& config, Multiply multiply,
                                       const std::string& product_name);

}  // namespace neuralpower::plain
