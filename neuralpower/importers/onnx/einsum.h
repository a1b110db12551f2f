// SPDX-License-Identifier: Apache-2.0
// Equations of Einsum: "bij,bjk->bik".
//
// Of more than two operands, products of two are made from left to right, as PyTorch and NumPy do
// by themselves: what no later term and not the result has is summed over as soon as possible.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "neuralpower/importers/onnx/proto.h"

namespace neuralpower::onnx {

// With what the equation leaves to the reader: without an arrow, the result has the labels that
// occur once, in alphabetical order, behind the ellipsis if there is one.
std::string explicit_equation(std::string_view equation);

// A function of x0, x1, ... that is the Einsum of `operands` by an equation.
class EinsumChain {
 public:
  // Error (bad input) if the equation has another number of terms.
  EinsumChain(std::string_view equation, std::size_t operands);
  EinsumChain(const EinsumChain&) = delete;  // the function's names are views
  EinsumChain& operator=(const EinsumChain&) = delete;
  const FunctionProto& function() const { return function_; }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;
  FunctionProto function_;
};

}  // namespace neuralpower::onnx
