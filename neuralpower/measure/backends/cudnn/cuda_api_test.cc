// SPDX-License-Identifier: Apache-2.0
// Holds our declarations of CUDA, cuDNN and cuBLASLt against the real headers, at compile time,
// where these are installed; elsewhere there is nothing to compare.
#include "neuralpower/measure/backends/cudnn/cuda_api.h"

#include <gtest/gtest.h>

#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/libraries.h"

#if __has_include(<cuda_runtime_api.h>) && __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <cublasLt.h>
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <type_traits>

namespace neuralpower::cuda {
namespace {

// What the calling convention sees of a type: all enumerations and ints are one, and so are all
// pointers.
template <typename T>
using Passed =
    std::conditional_t<std::is_pointer_v<T>, void*,
                       std::conditional_t<std::is_enum_v<T>, int,
                                          std::conditional_t<std::is_same_v<T, unsigned>, int, T>>>;
template <typename Function>
struct Convention;
template <typename Result, typename... Parameters>
struct Convention<Result (*)(Parameters...)> {
  using Type = Passed<Result> (*)(Passed<Parameters>...);
};
template <typename Ours, typename Theirs>
constexpr bool kAgree =
    std::is_same_v<typename Convention<Ours>::Type, typename Convention<Theirs>::Type>;

#define NEURALPOWER_AGREES(name, result, parameters) \
  static_assert(kAgree<result(*) parameters, decltype(&::name)>, #name);
NEURALPOWER_DRIVER_FUNCTIONS(NEURALPOWER_AGREES)
NEURALPOWER_RUNTIME_FUNCTIONS(NEURALPOWER_AGREES)
NEURALPOWER_CUDNN_FUNCTIONS(NEURALPOWER_AGREES)
NEURALPOWER_CUBLASLT_FUNCTIONS(NEURALPOWER_AGREES)

static_assert(sizeof(ConvolutionPerformance) == sizeof(cudnnConvolutionFwdAlgoPerf_t));
static_assert(sizeof(ConvolutionPerformance) == sizeof(cudnnConvolutionBwdDataAlgoPerf_t));
static_assert(offsetof(ConvolutionPerformance, workspace) ==
              offsetof(cudnnConvolutionFwdAlgoPerf_t, memory));
static_assert(offsetof(ConvolutionPerformance, math_type) ==
              offsetof(cudnnConvolutionFwdAlgoPerf_t, mathType));
static_assert(sizeof(MatmulAlgorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(MatmulHeuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(MatmulHeuristic, status) ==
              offsetof(cublasLtMatmulHeuristicResult_t, state));

static_assert(kSuccess == cudaSuccess && kErrorOutOfMemory == cudaErrorMemoryAllocation &&
              kErrorInsufficientDriver == cudaErrorInsufficientDriver &&
              kErrorNoDevice == cudaErrorNoDevice);
static_assert(kHostToDevice == cudaMemcpyHostToDevice && kDeviceToHost == cudaMemcpyDeviceToHost &&
              kDeviceToDevice == cudaMemcpyDeviceToDevice);
static_assert(kNonBlockingStream == cudaStreamNonBlocking &&
              kCaptureThreadLocal == cudaStreamCaptureModeThreadLocal);
static_assert(kMultiprocessors == cudaDevAttrMultiProcessorCount &&
              kL2Bytes == cudaDevAttrL2CacheSize &&
              kCapabilityMajor == cudaDevAttrComputeCapabilityMajor &&
              kCapabilityMinor == cudaDevAttrComputeCapabilityMinor);

static_assert(dnn::kFloat == CUDNN_DATA_FLOAT && dnn::kHalf == CUDNN_DATA_HALF &&
              dnn::kBfloat16 == CUDNN_DATA_BFLOAT16);
static_assert(dnn::kNchw == CUDNN_TENSOR_NCHW && dnn::kNhwc == CUDNN_TENSOR_NHWC &&
              dnn::kNoNanPropagation == CUDNN_NOT_PROPAGATE_NAN &&
              dnn::kCrossCorrelation == CUDNN_CROSS_CORRELATION);
static_assert(dnn::kDefaultMath == CUDNN_DEFAULT_MATH &&
              dnn::kTensorOpMath == CUDNN_TENSOR_OP_MATH && dnn::kFmaMath == CUDNN_FMA_MATH);
static_assert(dnn::kForwardAlgorithms == CUDNN_CONVOLUTION_FWD_ALGO_COUNT &&
              dnn::kBackwardDataAlgorithms == CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT &&
              dnn::kImplicitPrecompGemm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
static_assert(dnn::kSigmoid == CUDNN_ACTIVATION_SIGMOID && dnn::kRelu == CUDNN_ACTIVATION_RELU &&
              dnn::kTanh == CUDNN_ACTIVATION_TANH &&
              dnn::kClippedRelu == CUDNN_ACTIVATION_CLIPPED_RELU &&
              dnn::kElu == CUDNN_ACTIVATION_ELU && dnn::kIdentity == CUDNN_ACTIVATION_IDENTITY &&
              dnn::kSwish == CUDNN_ACTIVATION_SWISH);
static_assert(dnn::kPoolMax == CUDNN_POOLING_MAX &&
              dnn::kPoolAverageExcludePadding == CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING &&
              dnn::kLrnAcrossChannels == CUDNN_LRN_CROSS_CHANNEL_DIM1 &&
              dnn::kBatchNormSpatial == CUDNN_BATCHNORM_SPATIAL &&
              dnn::kSoftmaxAccurate == CUDNN_SOFTMAX_ACCURATE &&
              dnn::kSoftmaxChannel == CUDNN_SOFTMAX_MODE_CHANNEL);
static_assert(dnn::kOpAdd == CUDNN_OP_TENSOR_ADD && dnn::kOpMul == CUDNN_OP_TENSOR_MUL &&
              dnn::kOpMin == CUDNN_OP_TENSOR_MIN && dnn::kOpMax == CUDNN_OP_TENSOR_MAX &&
              dnn::kOpSqrt == CUDNN_OP_TENSOR_SQRT);
static_assert(dnn::kReduceAdd == CUDNN_REDUCE_TENSOR_ADD &&
              dnn::kReduceMul == CUDNN_REDUCE_TENSOR_MUL &&
              dnn::kReduceMin == CUDNN_REDUCE_TENSOR_MIN &&
              dnn::kReduceMax == CUDNN_REDUCE_TENSOR_MAX &&
              dnn::kReduceAverage == CUDNN_REDUCE_TENSOR_AVG &&
              dnn::kReduceNorm1 == CUDNN_REDUCE_TENSOR_NORM1 &&
              dnn::kReduceNorm2 == CUDNN_REDUCE_TENSOR_NORM2 &&
              dnn::kNoIndices == CUDNN_REDUCE_TENSOR_NO_INDICES &&
              dnn::kIndices32 == CUDNN_32BIT_INDICES);

static_assert(blas::kFloat == CUDA_R_32F && blas::kHalf == CUDA_R_16F &&
              blas::kBfloat16 == CUDA_R_16BF);
static_assert(blas::kCompute32 == CUBLAS_COMPUTE_32F &&
              blas::kComputeTf32 == CUBLAS_COMPUTE_32F_FAST_TF32 &&
              blas::kTransposed == CUBLAS_OP_T);
static_assert(blas::kDescTransposeA == CUBLASLT_MATMUL_DESC_TRANSA &&
              blas::kDescEpilogue == CUBLASLT_MATMUL_DESC_EPILOGUE &&
              blas::kDescBiasPointer == CUBLASLT_MATMUL_DESC_BIAS_POINTER &&
              blas::kEpilogueBias == CUBLASLT_EPILOGUE_BIAS &&
              blas::kEpilogueReluBias == CUBLASLT_EPILOGUE_RELU_BIAS);
static_assert(blas::kLayoutBatchCount == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT &&
              blas::kLayoutBatchStride == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET &&
              blas::kPreferenceWorkspace == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
static_assert(blas::kConfigId == CUBLASLT_ALGO_CONFIG_ID &&
              blas::kConfigTile == CUBLASLT_ALGO_CONFIG_TILE_ID &&
              blas::kConfigSplitK == CUBLASLT_ALGO_CONFIG_SPLITK_NUM &&
              blas::kConfigStages == CUBLASLT_ALGO_CONFIG_STAGES_ID);

TEST(CudaApi, AgreesWithTheInstalledHeaders) {
  SUCCEED() << "cuDNN " << CUDNN_MAJOR << "." << CUDNN_MINOR << ", CUDA " << CUDART_VERSION;
}

}  // namespace
}  // namespace neuralpower::cuda
#else
TEST(CudaApi, AgreesWithTheInstalledHeaders) {
  GTEST_SKIP() << "the headers of CUDA, cuDNN and cuBLASLt are not all installed here";
}
#endif

TEST(CudaApi, WritesVersionsAsPeopleDo) {
  EXPECT_EQ(neuralpower::cuda::cudnn_version(91900), "9.19.0");
  EXPECT_EQ(neuralpower::cuda::cudnn_version(8907), "8.9.7");
  EXPECT_EQ(neuralpower::cuda::runtime_version(13000), "13.0");
}
