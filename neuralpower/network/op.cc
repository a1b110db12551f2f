// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/op.h"

#include "neuralpower/network/mode_names.h"

namespace neuralpower {
namespace {

struct KindName {
  std::string_view operator()(const Convolution&) const { return "conv"; }
  std::string_view operator()(const TransposedConvolution&) const { return "deconv"; }
  std::string_view operator()(const Convolution3d&) const { return "conv3d"; }
  std::string_view operator()(const TransposedConvolution3d&) const { return "deconv3d"; }
  std::string_view operator()(const FullyConnected&) const { return "fc"; }
  std::string_view operator()(const MatMul&) const { return "matmul"; }
  std::string_view operator()(const Pooling&) const { return "pool"; }
  std::string_view operator()(const Pooling3d&) const { return "pool3d"; }
  std::string_view operator()(const Normalization&) const { return "norm"; }
  std::string_view operator()(const Activation&) const { return "activation"; }
  std::string_view operator()(const Elementwise& op) const { return to_string(op.mode); }
  std::string_view operator()(const Concat&) const { return "concat"; }
  std::string_view operator()(const Softmax&) const { return "softmax"; }
  std::string_view operator()(const Dropout&) const { return "dropout"; }
  std::string_view operator()(const Reduction&) const { return "reduce"; }
  std::string_view operator()(const View&) const { return "view"; }
  std::string_view operator()(const DataMovement&) const { return "move"; }
  std::string_view operator()(const Embedding&) const { return "embedding"; }
  std::string_view operator()(const Recurrent&) const { return "recurrent"; }
  std::string_view operator()(const Attention&) const { return "attention"; }
  std::string_view operator()(const UnsupportedOp&) const { return "unsupported"; }
};

}  // namespace

std::string_view kind_of(const Op& op) { return std::visit(KindName{}, op); }

std::string_view to_string(PoolMode mode) { return mode_name(kPoolModes, mode); }
std::string_view to_string(NormMode mode) { return mode_name(kNormModes, mode); }
std::string_view to_string(ActivationMode mode) { return mode_name(kActivationModes, mode); }
std::string_view to_string(ElementwiseMode mode) { return mode_name(kElementwiseModes, mode); }
std::string_view to_string(ReduceMode mode) { return mode_name(kReduceModes, mode); }
std::string_view to_string(MoveMode mode) { return mode_name(kMoveModes, mode); }
std::string_view to_string(RecurrentMode mode) { return mode_name(kRecurrentModes, mode); }

}  // namespace neuralpower
