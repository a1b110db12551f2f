// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/libraries.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/measure/backends/cudnn/cuda_constants.h"

namespace neuralpower::cuda {
namespace {

namespace fs = std::filesystem;

struct Wanted {
  const char* what;                       // for messages
  std::array<std::string_view, 3> files;  // newest first; empty: no more
  const char* wheel;                      // its folder among Python's nvidia-* wheels
};

// A wheel of CUDA 13 puts everything but cuDNN into one folder, nvidia/cu13.
std::vector<fs::path> folders(const Wanted& wanted) {
  std::vector<fs::path> all = {"/usr/local/cuda/lib64", "/usr/local/cuda/lib"};
  std::error_code error;
  for (const char* python : {"/usr/lib", "/usr/local/lib", "/opt"})
    for (const auto& entry : fs::directory_iterator(python, error))
      for (const char* site : {"dist-packages", "site-packages"})
        for (const char* folder : {wanted.wheel, "cu13"})
          all.push_back(entry.path() / site / "nvidia" / folder / "lib");
  return all;
}

bool names_a_file(const std::string& place) {
  std::error_code error;
  return fs::is_regular_file(place, error);
}

void* open_one(const Wanted& wanted, const std::string& place) {
  std::vector<fs::path> candidates;
  const auto add = [&](const fs::path& folder) {
    for (const std::string_view file : wanted.files)
      if (!file.empty()) candidates.push_back(folder / file);
  };
  if (names_a_file(place)) {
    candidates.emplace_back(place);
  } else {
    for (const std::string_view folder : split(place, ':'))
      if (!folder.empty()) add(folder);
    add({});
    for (const fs::path& folder : folders(wanted)) add(folder);
  }
  std::string first_reason;
  for (const fs::path& file : candidates) {
    if (void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL)) return handle;
    if (first_reason.empty()) first_reason = dlerror();
  }
  throw environment_error(std::string("no ") + wanted.what + " here (" + first_reason +
                          "); install it, or name its folder with --cuda-libraries");
}

// A function of a library: its name, and where its address goes.
template <typename Functions>
struct Entry {
  const char* name;
  void (*put)(Functions& functions, void* address);
};

#define NEURALPOWER_ENTRY(name, result, parameters)                    \
  {#name, [](auto& functions, void* address) {                         \
     functions.name = reinterpret_cast<result(*) parameters>(address); \
   }},
constexpr Entry<RuntimeFunctions> kRuntime[] = {NEURALPOWER_RUNTIME_FUNCTIONS(NEURALPOWER_ENTRY)};
constexpr Entry<CublasLtFunctions> kBlas[] = {NEURALPOWER_CUBLASLT_FUNCTIONS(NEURALPOWER_ENTRY)};
constexpr Entry<CudnnFunctions> kDnn[] = {NEURALPOWER_CUDNN_FUNCTIONS(NEURALPOWER_ENTRY)};
constexpr Entry<DriverFunctions> kDriver[] = {NEURALPOWER_DRIVER_FUNCTIONS(NEURALPOWER_ENTRY)};
#undef NEURALPOWER_ENTRY

template <typename Functions>
Functions load(const Wanted& wanted, std::span<const Entry<Functions>> entries,
               const std::string& place) {
  void* handle = open_one(wanted, place);
  Functions functions;
  for (const Entry<Functions>& entry : entries) {
    void* address = dlsym(handle, entry.name);
    if (!address)
      throw environment_error(std::string(wanted.what) + " has no function " + entry.name +
                              "; another version is needed");
    entry.put(functions, address);
  }
  return functions;
}

// Only for the GPU's name: what is not there stays null.
DriverFunctions load_driver(const std::string& place) {
  void* handle =
      dlopen(names_a_file(place) ? place.c_str() : "libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
  DriverFunctions functions;
  if (!handle) return functions;
  for (const Entry<DriverFunctions>& entry : kDriver)
    entry.put(functions, dlsym(handle, entry.name));
  return functions;
}

constexpr Wanted kRuntimeLibrary{
    "CUDA runtime", {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"}, "cuda_runtime"};
constexpr Wanted kBlasLibrary{
    "cuBLASLt", {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11"}, "cublas"};
constexpr Wanted kDnnLibrary{"cuDNN", {"libcudnn.so.9", "libcudnn.so.8"}, "cudnn"};

[[noreturn]] void fail(const std::string& library, const char* what, const std::string& reason) {
  throw environment_error(library + ": " + what + ": " + reason);
}

std::string text_or_number(const char* text, int status) {
  return (text ? std::string(text) : std::string("unknown error")) + " (" + std::to_string(status) +
         ")";
}

}  // namespace

std::string Libraries::explain(int status) const {
  return text_or_number(runtime.cudaGetErrorString(status), status);
}
std::string Libraries::explain_dnn(int status) const {
  return text_or_number(dnn.cudnnGetErrorString(status), status);
}
std::string Libraries::explain_blas(int status) const {
  return text_or_number(blas.cublasLtGetStatusString(status), status);
}

void Libraries::check(int status, const char* what) const {
  if (status != kSuccess) fail("CUDA", what, explain(status));
}
void Libraries::check_dnn(int status, const char* what) const {
  if (status != kSuccess) fail("cuDNN", what, explain_dnn(status));
}
void Libraries::check_blas(int status, const char* what) const {
  if (status != kSuccess) fail("cuBLASLt", what, explain_blas(status));
}

// The runtime first, and a look for a GPU before the rest: cuDNN alone is a gigabyte.
Libraries load_libraries(const std::string& place) {
  for (const std::string_view folder : split(place, ':'))
    if (!folder.empty() && !fs::exists(folder))
      throw usage_error("--cuda-libraries: " + std::string(folder) + " does not exist");
  Libraries libraries;
  libraries.runtime = load<RuntimeFunctions>(kRuntimeLibrary, kRuntime, place);
  int devices = 0;
  const int status = libraries.runtime.cudaGetDeviceCount(&devices);
  if (status == kErrorInsufficientDriver || status == kErrorNoDevice ||
      (status == kSuccess && devices == 0))
    throw environment_error("no NVIDIA GPU can be used here: " + libraries.explain(status));
  libraries.check(status, "looking for GPUs");
  libraries.blas = load<CublasLtFunctions>(kBlasLibrary, kBlas, place);
  libraries.dnn = load<CudnnFunctions>(kDnnLibrary, kDnn, place);
  libraries.driver = load_driver(place);
  return libraries;
}

std::string cudnn_version(std::size_t number) {
  const std::size_t major = number >= 90000 ? number / 10000 : number / 1000;
  const std::size_t rest = number >= 90000 ? number % 10000 : number % 1000;
  return std::to_string(major) + "." + std::to_string(rest / 100) + "." +
         std::to_string(rest % 100);
}

std::string runtime_version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

std::string device_name(const Libraries& libraries, int device) {
  const DriverFunctions& driver = libraries.driver;
  char text[256] = "";
  int handle = 0;
  if (driver.cuInit && driver.cuDeviceGet && driver.cuDeviceGetName &&
      driver.cuInit(0) == kSuccess && driver.cuDeviceGet(&handle, device) == kSuccess &&
      driver.cuDeviceGetName(text, sizeof text - 1, handle) == kSuccess && text[0] != '\0')
    return text;
  return "CUDA device " + std::to_string(device);
}

}  // namespace neuralpower::cuda
