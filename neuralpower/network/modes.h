// SPDX-License-Identifier: Apache-2.0
// The variants that operations of one type have: which pooling, which activation. Their names are
// those of the layer text (mode_names.h).
#pragma once

#include <string_view>

namespace neuralpower {

enum class PoolMode { kMax, kAverage, kAdaptiveAverage, kAdaptiveMax };

enum class NormMode { kBatch, kLocalResponse, kLayer, kGroup, kInstance, kRms };

// Any function of one element: relu, gelu, but also sqrt or exp.
enum class ActivationMode {
  kRelu,
  kSigmoid,
  kTanh,
  kLeakyRelu,
  kPRelu,
  kElu,
  kSelu,
  kCelu,
  kGelu,
  kSilu,
  kMish,
  kHardSwish,
  kHardSigmoid,
  kSoftplus,
  kSoftsign,
  kClip,
  kExp,
  kLog,
  kSqrt,
  kErf,
  kAbs,
  kNeg,
  kReciprocal,
  kPow,
  kSin,
  kCos,
  kFloor,
  kCeil,
  kRound,
  kSign,
  kNot
};

enum class ElementwiseMode {
  kAdd,
  kMul,
  kSub,
  kDiv,
  kPow,
  kMax,
  kMin,
  kMod,
  kAnd,
  kOr,
  kXor,
  kEqual,
  kLess,
  kGreater,
  kWhere
};

enum class ReduceMode {
  kMean,
  kSum,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kArgMax,
  kArgMin,
  kTopK,
  kCumSum
};

enum class MoveMode {
  kTranspose,
  kSlice,
  kSplit,
  kPad,
  kGather,
  kScatter,
  kResize,
  kExpand,
  kTile,
  kCast,
  kSpaceToDepth,
  kDepthToSpace,
  kChannelShuffle,
  kQuantize,
  kDequantize,
  kConstant,
  kRoll,
  kReorder,
  kOther
};

enum class RecurrentMode { kLstm, kGru, kRnn };

// Names of the modes, as the layer text writes them.
std::string_view to_string(PoolMode mode);
std::string_view to_string(NormMode mode);
std::string_view to_string(ActivationMode mode);
std::string_view to_string(ElementwiseMode mode);
std::string_view to_string(ReduceMode mode);
std::string_view to_string(MoveMode mode);
std::string_view to_string(RecurrentMode mode);

}  // namespace neuralpower
