// SPDX-License-Identifier: Apache-2.0
// The few entry points of NVIDIA's CUDA runtime, cuDNN and cuBLASLt that are used here, written
// down from their documented interfaces, so that building needs no toolkit and one program serves
// machines with and without a GPU. Where the real headers are installed, cuda_api_test.cc holds
// every line against them at compile time.
//
// Each list names the functions of one library once: the loader, the check and the stand-in
// library of the tests all read it. Handles and descriptors are void*, enumerations int; on every
// platform these libraries exist for, both are passed alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neuralpower::cuda {

struct ConvolutionPerformance {  // cudnnConvolutionFwdAlgoPerf_t, and the one of the gradient
  int algorithm;
  int status;
  float milliseconds;
  std::size_t workspace;
  int determinism;
  int math_type;
  int reserved[3];
};

struct MatmulAlgorithm {  // cublasLtMatmulAlgo_t
  std::uint64_t data[8];
};
struct MatmulHeuristic {  // cublasLtMatmulHeuristicResult_t
  MatmulAlgorithm algorithm;
  std::size_t workspace;
  int status;
  float waves;
  int reserved[4];
};

using Size = std::size_t;
using Performance = ConvolutionPerformance;

// libcuda, the driver
#define NEURALPOWER_DRIVER_FUNCTIONS(X) \
  X(cuInit, int, (unsigned))            \
  X(cuDeviceGet, int, (int*, int))      \
  X(cuDeviceGetName, int, (char*, int, int))

// libcudart
#define NEURALPOWER_RUNTIME_FUNCTIONS(X)                                              \
  X(cudaGetDeviceCount, int, (int*))                                                  \
  X(cudaSetDevice, int, (int))                                                        \
  X(cudaDeviceGetAttribute, int, (int*, int, int))                                    \
  X(cudaRuntimeGetVersion, int, (int*))                                               \
  X(cudaDriverGetVersion, int, (int*))                                                \
  X(cudaGetErrorString, const char*, (int))                                           \
  X(cudaGetLastError, int, ())                                                        \
  X(cudaMemGetInfo, int, (Size*, Size*))                                              \
  X(cudaMalloc, int, (void**, Size))                                                  \
  X(cudaFree, int, (void*))                                                           \
  X(cudaMemcpy, int, (void*, const void*, Size, int))                                 \
  X(cudaMemcpyAsync, int, (void*, const void*, Size, int, void*))                     \
  X(cudaMemcpy2DAsync, int, (void*, Size, const void*, Size, Size, Size, int, void*)) \
  X(cudaMemsetAsync, int, (void*, int, Size, void*))                                  \
  X(cudaStreamCreateWithFlags, int, (void**, unsigned))                               \
  X(cudaStreamDestroy, int, (void*))                                                  \
  X(cudaStreamSynchronize, int, (void*))                                              \
  X(cudaEventCreateWithFlags, int, (void**, unsigned))                                \
  X(cudaEventDestroy, int, (void*))                                                   \
  X(cudaEventRecord, int, (void*, void*))                                             \
  X(cudaEventSynchronize, int, (void*))                                               \
  X(cudaEventElapsedTime, int, (float*, void*, void*))                                \
  X(cudaStreamBeginCapture, int, (void*, int))                                        \
  X(cudaStreamEndCapture, int, (void*, void**))                                       \
  X(cudaGraphInstantiateWithFlags, int, (void**, void*, unsigned long long))          \
  X(cudaGraphLaunch, int, (void*, void*))                                             \
  X(cudaGraphDestroy, int, (void*))                                                   \
  X(cudaGraphExecDestroy, int, (void*))

// libcudnn
#define NEURALPOWER_CUDNN_FUNCTIONS(X)                                                             \
  X(cudnnGetVersion, Size, ())                                                                     \
  X(cudnnGetErrorString, const char*, (int))                                                       \
  X(cudnnCreate, int, (void**))                                                                    \
  X(cudnnDestroy, int, (void*))                                                                    \
  X(cudnnSetStream, int, (void*, void*))                                                           \
  X(cudnnCreateTensorDescriptor, int, (void**))                                                    \
  X(cudnnDestroyTensorDescriptor, int, (void*))                                                    \
  X(cudnnSetTensor4dDescriptorEx, int, (void*, int, int, int, int, int, int, int, int, int))       \
  X(cudnnCreateFilterDescriptor, int, (void**))                                                    \
  X(cudnnDestroyFilterDescriptor, int, (void*))                                                    \
  X(cudnnSetFilter4dDescriptor, int, (void*, int, int, int, int, int, int))                        \
  X(cudnnCreateConvolutionDescriptor, int, (void**))                                               \
  X(cudnnDestroyConvolutionDescriptor, int, (void*))                                               \
  X(cudnnSetConvolution2dDescriptor, int, (void*, int, int, int, int, int, int, int, int))         \
  X(cudnnSetConvolutionMathType, int, (void*, int))                                                \
  X(cudnnSetConvolutionGroupCount, int, (void*, int))                                              \
  X(cudnnGetConvolutionForwardAlgorithm_v7, int,                                                   \
    (void*, void*, void*, void*, void*, int, int*, Performance*))                                  \
  X(cudnnGetConvolutionForwardWorkspaceSize, int, (void*, void*, void*, void*, void*, int, Size*)) \
  X(cudnnConvolutionForward, int,                                                                  \
    (void*, const void*, void*, const void*, void*, const void*, void*, int, void*, Size,          \
     const void*, void*, void*))                                                                   \
  X(cudnnConvolutionBiasActivationForward, int,                                                    \
    (void*, const void*, void*, const void*, void*, const void*, void*, int, void*, Size,          \
     const void*, void*, const void*, void*, const void*, void*, void*, void*))                    \
  X(cudnnGetConvolutionBackwardDataAlgorithm_v7, int,                                              \
    (void*, void*, void*, void*, void*, int, int*, Performance*))                                  \
  X(cudnnGetConvolutionBackwardDataWorkspaceSize, int,                                             \
    (void*, void*, void*, void*, void*, int, Size*))                                               \
  X(cudnnConvolutionBackwardData, int,                                                             \
    (void*, const void*, void*, const void*, void*, const void*, void*, int, void*, Size,          \
     const void*, void*, void*))                                                                   \
  X(cudnnCreateActivationDescriptor, int, (void**))                                                \
  X(cudnnDestroyActivationDescriptor, int, (void*))                                                \
  X(cudnnSetActivationDescriptor, int, (void*, int, int, double))                                  \
  X(cudnnSetActivationDescriptorSwishBeta, int, (void*, double))                                   \
  X(cudnnActivationForward, int,                                                                   \
    (void*, void*, const void*, void*, const void*, const void*, void*, void*))                    \
  X(cudnnCreatePoolingDescriptor, int, (void**))                                                   \
  X(cudnnDestroyPoolingDescriptor, int, (void*))                                                   \
  X(cudnnSetPooling2dDescriptor, int, (void*, int, int, int, int, int, int, int, int))             \
  X(cudnnPoolingForward, int,                                                                      \
    (void*, void*, const void*, void*, const void*, const void*, void*, void*))                    \
  X(cudnnCreateLRNDescriptor, int, (void**))                                                       \
  X(cudnnDestroyLRNDescriptor, int, (void*))                                                       \
  X(cudnnSetLRNDescriptor, int, (void*, unsigned, double, double, double))                         \
  X(cudnnLRNCrossChannelForward, int,                                                              \
    (void*, void*, int, const void*, void*, const void*, const void*, void*, void*))               \
  X(cudnnBatchNormalizationForwardInference, int,                                                  \
    (void*, int, const void*, const void*, void*, const void*, void*, void*, void*, const void*,   \
     const void*, const void*, const void*, double))                                               \
  X(cudnnBatchNormalizationForwardTraining, int,                                                   \
    (void*, int, const void*, const void*, void*, const void*, void*, void*, void*, const void*,   \
     const void*, double, void*, void*, double, void*, void*))                                     \
  X(cudnnSoftmaxForward, int,                                                                      \
    (void*, int, int, const void*, void*, const void*, const void*, void*, void*))                 \
  X(cudnnCreateOpTensorDescriptor, int, (void**))                                                  \
  X(cudnnDestroyOpTensorDescriptor, int, (void*))                                                  \
  X(cudnnSetOpTensorDescriptor, int, (void*, int, int, int))                                       \
  X(cudnnOpTensor, int,                                                                            \
    (void*, void*, const void*, void*, const void*, const void*, void*, const void*, const void*,  \
     void*, void*))                                                                                \
  X(cudnnAddTensor, int, (void*, const void*, void*, const void*, const void*, void*, void*))      \
  X(cudnnTransformTensor, int,                                                                     \
    (void*, const void*, void*, const void*, const void*, void*, void*))                           \
  X(cudnnCreateReduceTensorDescriptor, int, (void**))                                              \
  X(cudnnDestroyReduceTensorDescriptor, int, (void*))                                              \
  X(cudnnSetReduceTensorDescriptor, int, (void*, int, int, int, int, int))                         \
  X(cudnnGetReductionWorkspaceSize, int, (void*, void*, void*, void*, Size*))                      \
  X(cudnnReduceTensor, int,                                                                        \
    (void*, void*, void*, Size, void*, Size, const void*, void*, const void*, const void*, void*,  \
     void*))

// libcublasLt
#define NEURALPOWER_CUBLASLT_FUNCTIONS(X)                                                         \
  X(cublasLtGetVersion, Size, ())                                                                 \
  X(cublasLtGetStatusString, const char*, (int))                                                  \
  X(cublasLtCreate, int, (void**))                                                                \
  X(cublasLtDestroy, int, (void*))                                                                \
  X(cublasLtMatmulDescCreate, int, (void**, int, int))                                            \
  X(cublasLtMatmulDescDestroy, int, (void*))                                                      \
  X(cublasLtMatmulDescSetAttribute, int, (void*, int, const void*, Size))                         \
  X(cublasLtMatrixLayoutCreate, int, (void**, int, std::uint64_t, std::uint64_t, std::int64_t))   \
  X(cublasLtMatrixLayoutDestroy, int, (void*))                                                    \
  X(cublasLtMatrixLayoutSetAttribute, int, (void*, int, const void*, Size))                       \
  X(cublasLtMatmulPreferenceCreate, int, (void**))                                                \
  X(cublasLtMatmulPreferenceDestroy, int, (void*))                                                \
  X(cublasLtMatmulPreferenceSetAttribute, int, (void*, int, const void*, Size))                   \
  X(cublasLtMatmulAlgoGetHeuristic, int,                                                          \
    (void*, void*, void*, void*, void*, void*, void*, int, MatmulHeuristic*, int*))               \
  X(cublasLtMatmulAlgoConfigGetAttribute, int, (const MatmulAlgorithm*, int, void*, Size, Size*)) \
  X(cublasLtMatmul, int,                                                                          \
    (void*, void*, const void*, const void*, void*, const void*, void*, const void*, const void*, \
     void*, void*, void*, const MatmulAlgorithm*, void*, Size, void*))

}  // namespace neuralpower::cuda
