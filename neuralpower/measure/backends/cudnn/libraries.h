// SPDX-License-Identifier: Apache-2.0
// CUDA's runtime, cuDNN and cuBLASLt, loaded at run time.
//
// Looked for, in this order: in the folders that were named (or in one file that holds all of them:
// the stand-in of the tests), where the system's loader looks, and where CUDA's own installer and
// Python wheels put them. The major versions known here are tried from the newest on.
//
// Error (environment): a library or a function is missing, there is no driver or no GPU; the
// message names what was tried. The libraries stay loaded until the program ends: their own threads
// do not like to be unloaded.
#pragma once

#include <string>

#include "neuralpower/measure/backends/cudnn/cuda_api.h"

namespace neuralpower::cuda {

#define NEURALPOWER_POINTER(name, result, parameters) result(*name) parameters = nullptr;
struct DriverFunctions {
  NEURALPOWER_DRIVER_FUNCTIONS(NEURALPOWER_POINTER)
};
struct RuntimeFunctions {
  NEURALPOWER_RUNTIME_FUNCTIONS(NEURALPOWER_POINTER)
};
struct CudnnFunctions {
  NEURALPOWER_CUDNN_FUNCTIONS(NEURALPOWER_POINTER)
};
struct CublasLtFunctions {
  NEURALPOWER_CUBLASLT_FUNCTIONS(NEURALPOWER_POINTER)
};
#undef NEURALPOWER_POINTER

struct Libraries {
  DriverFunctions driver;  // null functions where it is not there: only for the GPU's name
  RuntimeFunctions runtime;
  CudnnFunctions dnn;
  CublasLtFunctions blas;

  // Throw (environment) unless `status` means success; `what` was being done.
  void check(int status, const char* what) const;      // the runtime's status
  void check_dnn(int status, const char* what) const;  // cuDNN's
  void check_blas(int status, const char* what) const;

  std::string explain(int status) const;
  std::string explain_dnn(int status) const;
  std::string explain_blas(int status) const;
};

Libraries load_libraries(const std::string& place);

// "9.19.0" of cuDNN's 91900, "13.0" of the runtime's 13000, "13.1.0" of cuBLAS's 130100.
std::string cudnn_version(std::size_t number);
std::string runtime_version(int number);

// What the driver calls the GPU; "CUDA device N" if it does not say.
std::string device_name(const Libraries& libraries, int device);

}  // namespace neuralpower::cuda
