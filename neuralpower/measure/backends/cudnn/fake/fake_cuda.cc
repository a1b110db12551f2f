// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/fake/fake_cuda.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "neuralpower/measure/backends/cudnn/cuda_constants.h"
#include "neuralpower/measure/backends/cudnn/device.h"

namespace cuda = neuralpower::cuda;
namespace fake = neuralpower::fake_cuda;
using cuda::MatmulAlgorithm;
using cuda::MatmulHeuristic;
using cuda::Performance;
using cuda::Size;

namespace {

constexpr std::int64_t kMostComputed = 50'000'000;
constexpr double kKernel = 2e-6, kMac = 1e-13, kLaunch = 5e-6;
constexpr int kInvalidValue = 1, kLost = 719;

struct Kernel {
  double seconds = 0;
  std::function<void()> work;
};
using Graph = std::vector<Kernel>;

struct Machine {
  double now = 0;       // of the device, seconds
  double launched = 0;  // when the processor has launched what it launched so far
  Graph* recording = nullptr;
  std::map<void*, Size> memory;
  Size memory_bytes = Size{4} << 30;
  std::map<std::string, Size, std::less<>> calls;
  std::string fail_function;
  Size fail_call = 0;
  int fail_status = 0;
  bool fail_for_good = false, lost = false;
};

void plan(Machine& machine, const std::string& text) {
  machine.calls.clear();
  machine.lost = false;
  machine.fail_function.clear();
  const auto first = text.find(':'), second = text.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) return;
  machine.fail_function = text.substr(0, first);
  machine.fail_call = std::strtoull(text.c_str() + first + 1, nullptr, 10);
  machine.fail_status = std::atoi(text.c_str() + second + 1);
  machine.fail_for_good = text.back() == '+';
}

Machine& machine() {
  static Machine* const one = [] {
    auto* made = new Machine;
    if (const char* text = std::getenv("FAKE_CUDA_FAIL")) plan(*made, text);
    return made;
  }();
  return *one;
}

void execute(const Kernel& kernel, bool launched_by_processor) {
  Machine& m = machine();
  if (launched_by_processor) {
    m.launched = std::max(m.launched, m.now - 1e-3) + kLaunch;  // a queue of a millisecond
    m.now = std::max(m.now, m.launched);
  }
  m.now += kernel.seconds;
  if (kernel.work) kernel.work();
}

}  // namespace

namespace neuralpower::fake_cuda {

int planned_failure(const char* function) {
  Machine& m = machine();
  const Size call = ++m.calls[function];
  if (m.lost) return kLost;
  if (m.fail_function != function || call < m.fail_call) return 0;
  if (call > m.fail_call && !m.fail_for_good) return 0;
  m.lost = m.fail_for_good;
  return m.fail_status;
}

void launch(std::int64_t macs, std::function<void()> work) {
  Kernel kernel{kKernel + kMac * static_cast<double>(macs), std::move(work)};
  if (macs > kMostComputed) kernel.work = nullptr;
  if (Graph* graph = machine().recording) {
    graph->push_back(std::move(kernel));
  } else {
    execute(kernel, true);
  }
}

float load(const void* cells, std::size_t index, int type) {
  const auto* bytes = static_cast<const char*>(cells) + index * cuda::bytes_of_type(type);
  if (type == cuda::dnn::kFloat) {
    float value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  return cuda::to_floats(bytes, 1, type)[0];
}

void store(void* cells, std::size_t index, int type, float value) {
  auto* bytes = static_cast<char*>(cells) + index * cuda::bytes_of_type(type);
  if (type == cuda::dnn::kFloat) {
    std::memcpy(bytes, &value, sizeof value);
    return;
  }
  const std::vector<char> cell = cuda::from_floats({value}, type);
  std::memcpy(bytes, cell.data(), cell.size());
}

float as_tf32(float value) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0x1000u) & 0xffffe000u);
}

}  // namespace neuralpower::fake_cuda

#define FAIL_IF_PLANNED() \
  if (const int failure = fake::planned_failure(__func__)) return failure

extern "C" {

void fake_cuda_fail(const char* text) { plan(machine(), text); }
void fake_cuda_memory(std::size_t bytes) { machine().memory_bytes = bytes; }
std::size_t fake_cuda_calls(const char* function) { return machine().calls[function]; }

int cuInit(unsigned) { return 0; }
int cuDeviceGet(int* device, int number) { return *device = number, 0; }
int cuDeviceGetName(char* name, int length, int) {
  std::strncpy(name, "Fake GPU", static_cast<std::size_t>(length));
  return 0;
}

int cudaGetDeviceCount(int* count) {
  FAIL_IF_PLANNED();
  return *count = 1, 0;
}
int cudaSetDevice(int) {
  FAIL_IF_PLANNED();
  return 0;
}
int cudaDeviceGetAttribute(int* value, int attribute, int) {
  FAIL_IF_PLANNED();
  *value = attribute == cuda::kL2Bytes           ? 1 << 20
           : attribute == cuda::kMultiprocessors ? 4
           : attribute == cuda::kCapabilityMajor ? 9
                                                 : 0;
  return 0;
}
int cudaRuntimeGetVersion(int* version) { return *version = 13000, 0; }
int cudaDriverGetVersion(int* version) { return *version = 13000, 0; }
const char* cudaGetErrorString(int status) {
  switch (status) {
    case cuda::kErrorOutOfMemory:
      return "out of memory";
    case cuda::kErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cuda::kErrorNoDevice:
      return "no CUDA-capable device is detected";
    case kLost:
      return "unspecified launch failure";
    default:
      return "unknown error";
  }
}
int cudaGetLastError() { return machine().lost ? kLost : 0; }
int cudaMemGetInfo(Size* left, Size* total) {
  FAIL_IF_PLANNED();
  Size used = 0;
  for (const auto& [place, size] : machine().memory) used += size;
  *total = machine().memory_bytes;
  *left = *total - std::min(*total, used);
  return 0;
}
int cudaMalloc(void** place, Size bytes) {
  FAIL_IF_PLANNED();
  Size left = 0, total = 0;
  cudaMemGetInfo(&left, &total);
  if (bytes > left) return cuda::kErrorOutOfMemory;
  *place = std::malloc(bytes);
  std::memset(*place, 0x7f, bytes);  // what nobody wrote is no number anybody expects
  machine().memory[*place] = bytes;
  return 0;
}
int cudaFree(void* place) {
  machine().memory.erase(place);
  std::free(place);
  return 0;
}
int cudaMemcpy(void* to, const void* from, Size bytes, int) {
  FAIL_IF_PLANNED();
  std::memcpy(to, from, bytes);
  return 0;
}
int cudaMemcpyAsync(void* to, const void* from, Size bytes, int, void*) {
  FAIL_IF_PLANNED();
  fake::launch(0, [=] { std::memcpy(to, from, bytes); });
  return 0;
}
int cudaMemcpy2DAsync(void* to, Size to_pitch, const void* from, Size from_pitch, Size width,
                      Size height, int, void*) {
  FAIL_IF_PLANNED();
  if (width > to_pitch || width > from_pitch) return kInvalidValue;
  fake::launch(0, [=] {
    for (Size row = 0; row < height; ++row)
      std::memcpy(static_cast<char*>(to) + row * to_pitch,
                  static_cast<const char*>(from) + row * from_pitch, width);
  });
  return 0;
}
int cudaMemsetAsync(void* place, int value, Size bytes, void*) {
  FAIL_IF_PLANNED();
  fake::launch(0, [=] { std::memset(place, value, bytes); });
  return 0;
}

int cudaStreamCreateWithFlags(void** stream, unsigned) {
  FAIL_IF_PLANNED();
  return *stream = new char, 0;
}
int cudaStreamDestroy(void* stream) { return delete static_cast<char*>(stream), 0; }
int cudaStreamSynchronize(void*) {
  FAIL_IF_PLANNED();
  machine().launched = machine().now;
  return 0;
}
int cudaEventCreateWithFlags(void** event, unsigned) {
  FAIL_IF_PLANNED();
  return *event = new double(0), 0;
}
int cudaEventDestroy(void* event) { return delete static_cast<double*>(event), 0; }
int cudaEventRecord(void* event, void*) {
  FAIL_IF_PLANNED();
  return *static_cast<double*>(event) = machine().now, 0;
}
int cudaEventSynchronize(void*) {
  FAIL_IF_PLANNED();
  machine().launched = machine().now;
  return 0;
}
int cudaEventElapsedTime(float* milliseconds, void* start, void* stop) {
  FAIL_IF_PLANNED();
  *milliseconds =
      static_cast<float>((*static_cast<double*>(stop) - *static_cast<double*>(start)) * 1e3);
  return 0;
}
int cudaStreamBeginCapture(void*, int) {
  FAIL_IF_PLANNED();
  machine().recording = new Graph;
  return 0;
}
int cudaStreamEndCapture(void*, void** graph) {
  *graph = std::exchange(machine().recording, nullptr);
  FAIL_IF_PLANNED();
  return 0;
}
int cudaGraphInstantiateWithFlags(void** program, void* graph, unsigned long long) {
  FAIL_IF_PLANNED();
  return *program = new Graph(*static_cast<Graph*>(graph)), 0;
}
int cudaGraphLaunch(void* program, void*) {
  FAIL_IF_PLANNED();
  for (const Kernel& kernel : *static_cast<Graph*>(program)) execute(kernel, false);
  return 0;
}
int cudaGraphDestroy(void* graph) { return delete static_cast<Graph*>(graph), 0; }
int cudaGraphExecDestroy(void* program) { return delete static_cast<Graph*>(program), 0; }

}  // extern "C"

#define SAME_AS_DECLARED(name, result, parameters) \
  static_assert(std::is_same_v<decltype(&::name), result(*) parameters>, #name);
NEURALPOWER_DRIVER_FUNCTIONS(SAME_AS_DECLARED)
NEURALPOWER_RUNTIME_FUNCTIONS(SAME_AS_DECLARED)
