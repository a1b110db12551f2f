// SPDX-License-Identifier: Apache-2.0
// The constants of CUDA, cuDNN and cuBLASLt that are used here, under names of our own. Where the
// real headers are installed, cuda_api_test.cc compares every one.
#pragma once

namespace neuralpower::cuda {

constexpr int kSuccess = 0;
constexpr int kErrorOutOfMemory = 2;
constexpr int kErrorInsufficientDriver = 35;
constexpr int kErrorNoDevice = 100;

constexpr int kHostToDevice = 1, kDeviceToHost = 2, kDeviceToDevice = 3;
constexpr unsigned kNonBlockingStream = 1;
constexpr int kCaptureThreadLocal = 1;
constexpr int kMultiprocessors = 16, kL2Bytes = 38, kCapabilityMajor = 75, kCapabilityMinor = 76;

namespace dnn {

constexpr int kFloat = 0, kHalf = 2, kBfloat16 = 9;
constexpr int kNchw = 0, kNhwc = 1;
constexpr int kNoNanPropagation = 0;

constexpr int kCrossCorrelation = 1;
constexpr int kDefaultMath = 0, kTensorOpMath = 1, kFmaMath = 3;
constexpr int kForwardAlgorithms = 8, kBackwardDataAlgorithms = 6;
constexpr int kImplicitPrecompGemm = 1;

constexpr int kSigmoid = 0, kRelu = 1, kTanh = 2, kClippedRelu = 3, kElu = 4, kIdentity = 5,
              kSwish = 6;
constexpr int kPoolMax = 0, kPoolAverageExcludePadding = 2;
constexpr int kLrnAcrossChannels = 0;
constexpr int kBatchNormSpatial = 1;
constexpr int kSoftmaxAccurate = 1, kSoftmaxChannel = 1;
constexpr int kOpAdd = 0, kOpMul = 1, kOpMin = 2, kOpMax = 3, kOpSqrt = 4;
constexpr int kReduceAdd = 0, kReduceMul = 1, kReduceMin = 2, kReduceMax = 3, kReduceAverage = 5,
              kReduceNorm1 = 6, kReduceNorm2 = 7;
constexpr int kNoIndices = 0, kIndices32 = 0;

}  // namespace dnn

namespace blas {

constexpr int kFloat = 0, kHalf = 2, kBfloat16 = 14;
constexpr int kCompute32 = 68, kComputeTf32 = 77;
constexpr int kTransposed = 1;
constexpr int kDescTransposeA = 3, kDescEpilogue = 7, kDescBiasPointer = 8;
constexpr int kEpilogueBias = 4, kEpilogueReluBias = 6;
constexpr int kLayoutBatchCount = 5, kLayoutBatchStride = 6;
constexpr int kPreferenceWorkspace = 1;
constexpr int kConfigId = 0, kConfigTile = 1, kConfigSplitK = 2, kConfigStages = 6;

}  // namespace blas

}  // namespace neuralpower::cuda
