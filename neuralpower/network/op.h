// SPDX-License-Identifier: Apache-2.0
// Op: what a layer computes, as a closed set of types. Parameters only: no weights, no shapes of
// inputs (LayerConfig has those), no names.
//
// Knowledge about an operation lives in three overload sets: shape_inference.cc (its outputs),
// work.cc (its operations and bytes), features/ (what a model sees of it), and it is written and
// read by layer_text.cc. A type added here does not compile until all of them know it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "neuralpower/network/modes.h"
#include "neuralpower/network/shape.h"

namespace neuralpower {

struct Size2 {
  std::int64_t h = 1, w = 1;
  bool operator==(const Size2&) const = default;
};

struct Padding {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

struct Size3 {
  std::int64_t d = 1, h = 1, w = 1;
  bool operator==(const Size3&) const = default;
};

struct Padding3 {
  Size3 before{0, 0, 0}, after{0, 0, 0};
  bool operator==(const Padding3&) const = default;
};

// Input N x C x H x W; weights Co x C/groups x kh x kw. One-dimensional convolutions have w = 1.
struct Convolution {
  std::int64_t out_channels = 0;
  Size2 kernel, stride;
  Padding pad;
  Size2 dilation;
  std::int64_t groups = 1;
  bool operator==(const Convolution&) const = default;
};

// The gradient of a convolution by its input ("deconvolution"): enlarges by the stride.
struct TransposedConvolution {
  std::int64_t out_channels = 0;
  Size2 kernel, stride;
  Padding pad;
  Size2 dilation;
  std::int64_t groups = 1;
  Size2 output_pad{0, 0};
  bool operator==(const TransposedConvolution&) const = default;
};

// The same over volumes: input N x C x D x H x W. Types of their own, so that nothing that knows
// planes takes a depth for a height.
struct Convolution3d {
  std::int64_t out_channels = 0;
  Size3 kernel, stride;
  Padding3 pad;
  Size3 dilation;
  std::int64_t groups = 1;
  bool operator==(const Convolution3d&) const = default;
};

struct TransposedConvolution3d {
  std::int64_t out_channels = 0;
  Size3 kernel, stride;
  Padding3 pad;
  Size3 dilation;
  std::int64_t groups = 1;
  Size3 output_pad{0, 0, 0};
  bool operator==(const TransposedConvolution3d&) const = default;
};

// Input N x C or N x C x H x W, flattened; a matrix product with weights outputs x inputs.
struct FullyConnected {
  std::int64_t outputs = 0;
  bool operator==(const FullyConnected&) const = default;
};

// Product of two activations: inputs batch x m x k and batch x k x n.
struct MatMul {
  bool operator==(const MatMul&) const = default;
};

struct Pooling {
  PoolMode mode = PoolMode::kMax;
  Size2 kernel, stride;  // not used by the adaptive modes
  Padding pad;
  bool ceil_mode = false;  // round the output size up, but start no window in the padding
  Size2 out;               // adaptive modes only
  Size2 dilation;
  bool operator==(const Pooling&) const = default;
};

// Over volumes; kMax and kAverage only, as one window over a whole volume is one over a plane.
struct Pooling3d {
  PoolMode mode = PoolMode::kMax;
  Size3 kernel, stride;
  Padding3 pad;
  bool ceil_mode = false;
  Size3 dilation;
  bool operator==(const Pooling3d&) const = default;
};

struct Normalization {
  NormMode mode = NormMode::kBatch;
  std::int64_t size = 0;  // lrn: window across channels (0: 5); group: number of groups
  bool operator==(const Normalization&) const = default;
};

struct Activation {
  ActivationMode mode = ActivationMode::kRelu;
  bool operator==(const Activation&) const = default;
};

// Combines `inputs` tensors element by element. The config's one shape is the result's; `broadcast`
// of the inputs are smaller than that and are read for (nearly) nothing.
struct Elementwise {
  ElementwiseMode mode = ElementwiseMode::kAdd;
  std::int64_t inputs = 2;
  std::int64_t broadcast = 0;
  bool operator==(const Elementwise&) const = default;
};

struct Concat {
  std::int64_t axis = 1;  // counted with the batch as axis 0
  bool operator==(const Concat&) const = default;
};

struct Softmax {
  std::int64_t axis = -1;  // -1: the last
  bool operator==(const Softmax&) const = default;
};

// Does nothing at inference time, but frameworks that keep it pay for a copy.
struct Dropout {
  double keep = 0.5;
  bool operator==(const Dropout&) const = default;
};

struct Reduction {
  ReduceMode mode = ReduceMode::kMean;
  Shape to;  // the whole output shape
  bool operator==(const Reduction&) const = default;
};

// Another shape for the same bytes: flatten, reshape, squeeze, identity. No work.
struct View {
  Shape to;  // the whole output shape
  bool operator==(const View&) const = default;
};

// Reads its input and writes an output of another shape, order or type: bytes, no arithmetic.
struct DataMovement {
  MoveMode mode = MoveMode::kTranspose;
  Shape to;  // the whole output shape
  bool operator==(const DataMovement&) const = default;
};

// Rows of a table by index: input N x ... of integers, output with `width` appended.
struct Embedding {
  std::int64_t rows = 0, width = 0;
  bool operator==(const Embedding&) const = default;
};

// Input N x T x I; output N x T x (directions * hidden).
struct Recurrent {
  RecurrentMode mode = RecurrentMode::kLstm;
  std::int64_t hidden = 0;
  std::int64_t directions = 1;
  bool operator==(const Recurrent&) const = default;
};

// softmax(Q K^T / sqrt(d)) V as one layer: inputs Q (N x heads x Tq x d) and K (N x heads x Tk x
// d); V has d columns too.
struct Attention {
  bool operator==(const Attention&) const = default;
};

// An operation nobody here knows, under the name its file gives it. Kept so that every total can
// say what it leaves out. `reason` tells what is missing; it is no part of the configuration.
struct UnsupportedOp {
  std::string name;
  std::string reason;
  bool operator==(const UnsupportedOp& other) const { return name == other.name; }
};

using Op = std::variant<Convolution, TransposedConvolution, Convolution3d, TransposedConvolution3d,
                        FullyConnected, MatMul, Pooling, Pooling3d, Normalization, Activation,
                        Elementwise, Concat, Softmax, Dropout, Reduction, View, DataMovement,
                        Embedding, Recurrent, Attention, UnsupportedOp>;

// The layer kind: the first word of the layer text. "conv", "fc", "pool", "norm", "activation",
// "concat", ...; an element-wise layer has its mode for kind: "add", "mul".
std::string_view kind_of(const Op& op);

}  // namespace neuralpower
