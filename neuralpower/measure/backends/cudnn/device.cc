// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/cudnn/device.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/cudnn/cuda_constants.h"

namespace neuralpower::cuda {
namespace {

constexpr std::size_t kStretch = 1u << 20;  // cells

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xffu : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

// To the nearest, ties to even.
std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const float magnitude = std::bit_cast<float>(bits & 0x7fffffffu);
  if (magnitude != magnitude) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 65520.0f) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x1p-14f) {  // adding 0.5 puts the last kept bit at the end of the fraction
    const auto small = std::bit_cast<std::uint32_t>(magnitude + 0.5f) & 0x7ffu;
    return static_cast<std::uint16_t>(sign | small);
  }
  const std::uint32_t rest = bits & 0x7fffffffu;
  const std::uint32_t rounded = rest + 0xfffu + (rest >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
}

std::uint16_t float_to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return 0x7fc0;
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace

std::size_t bytes_of_type(int type) { return type == dnn::kFloat ? 4 : 2; }

std::vector<float> to_floats(const void* cells, std::size_t count, int type) {
  std::vector<float> values(count);
  if (type == dnn::kFloat) {
    std::memcpy(values.data(), cells, count * sizeof(float));
    return values;
  }
  const auto* halves = static_cast<const std::uint16_t*>(cells);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = type == dnn::kHalf
                    ? half_to_float(halves[i])
                    : std::bit_cast<float>(static_cast<std::uint32_t>(halves[i]) << 16);
  return values;
}

std::vector<char> from_floats(const std::vector<float>& values, int type) {
  std::vector<char> cells(values.size() * bytes_of_type(type));
  if (type == dnn::kFloat) {
    std::memcpy(cells.data(), values.data(), cells.size());
    return cells;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t cell =
        type == dnn::kHalf ? float_to_half(values[i]) : float_to_bfloat(values[i]);
    std::memcpy(cells.data() + 2 * i, &cell, 2);
  }
  return cells;
}

Device::Device(int number, const std::string& libraries, std::uint64_t seed)
    : number_(number), api_(load_libraries(libraries)), data_(seed) {
  int devices = 0;
  api_.check(api_.runtime.cudaGetDeviceCount(&devices), "counting GPUs");
  if (number < 0 || number >= devices)
    throw environment_error("there is no GPU " + std::to_string(number) + "; this machine has " +
                            std::to_string(devices) + ", counted from 0");
  api_.check(api_.runtime.cudaSetDevice(number), "taking the GPU");
  api_.check(api_.runtime.cudaStreamCreateWithFlags(&stream_, kNonBlockingStream),
             "making a stream");
  api_.check_dnn(api_.dnn.cudnnCreate(&dnn_), "starting");
  api_.check_dnn(api_.dnn.cudnnSetStream(dnn_, stream_), "setting its stream");
  api_.check_blas(api_.blas.cublasLtCreate(&blas_), "starting");
  name_ = device_name(api_, number);
}

Device::~Device() {
  stretches_.clear();
  if (blas_) api_.blas.cublasLtDestroy(blas_);
  if (dnn_) api_.dnn.cudnnDestroy(dnn_);
  if (stream_) api_.runtime.cudaStreamDestroy(stream_);
}

int Device::attribute(int which) const {
  int value = 0;
  api_.check(api_.runtime.cudaDeviceGetAttribute(&value, which, number_), "asking the GPU");
  return value;
}

std::unique_ptr<Buffer> Device::allocate(std::size_t bytes) const {
  void* place = nullptr;
  const std::size_t size = std::max<std::size_t>(bytes, 256);
  const int status = api_.runtime.cudaMalloc(&place, size);
  if (status == kErrorOutOfMemory) {
    api_.runtime.cudaGetLastError();
    std::size_t left = 0, total = 0;
    api_.check(api_.runtime.cudaMemGetInfo(&left, &total), "asking for the free memory");
    throw Unsupported{"the GPU's memory is too small: " + std::to_string(size >> 20) +
                      " MiB are needed, " + std::to_string(left >> 20) + " of " +
                      std::to_string(total >> 20) + " MiB are free"};
  }
  api_.check(status, "allocating memory");
  // The buffer must not outlive the device, as prepared layers do not outlive their back-end.
  return std::make_unique<Buffer>(place, size,
                                  [free = api_.runtime.cudaFree](void* data) { free(data); });
}

void Device::synchronise() const {
  api_.check(api_.runtime.cudaStreamSynchronize(stream_), "waiting for the GPU");
}

void Device::recover(const std::string& what) const {
  api_.runtime.cudaGetLastError();
  const int status = api_.runtime.cudaStreamSynchronize(stream_);
  if (status != kSuccess)
    throw environment_error("CUDA: the GPU is lost after " + what + ": " + api_.explain(status));
}

void Device::upload(void* place, const std::vector<float>& values, int type) const {
  const std::vector<char> cells = from_floats(values, type);
  api_.check(api_.runtime.cudaMemcpy(place, cells.data(), cells.size(), kHostToDevice),
             "writing data");
}

void Device::fill(void* place, std::size_t count, int type, float scale, bool positive) {
  if (scale != 1 || positive || count < kStretch / 16) {
    std::vector<float> values(count);
    data_.draw(values.data(), count, scale, positive);
    return upload(place, values, type);
  }
  Stretch& stretch = stretches_[type];
  const std::size_t cell = bytes_of_type(type);
  if (!stretch.buffer) {
    stretch.buffer = allocate(kStretch * cell);
    std::vector<float> values(kStretch);
    data_.draw(values.data(), kStretch, 1, false);
    upload(stretch.buffer->data(), values, type);
  }
  for (std::size_t done = 0; done < count;) {
    const std::size_t run = std::min(count - done, kStretch - stretch.next);
    api_.check(api_.runtime.cudaMemcpy(
                   static_cast<char*>(place) + done * cell,
                   static_cast<const char*>(stretch.buffer->data()) + stretch.next * cell,
                   run * cell, kDeviceToDevice),
               "copying data");
    done += run;
    stretch.next = (stretch.next + run) % kStretch;
  }
}

void Device::fill_with(void* place, std::size_t count, int type, float value) const {
  upload(place, std::vector<float>(count, value), type);
}

std::vector<float> Device::read(const void* place, std::size_t count, int type) const {
  std::vector<char> cells(count * bytes_of_type(type));
  api_.check(api_.runtime.cudaMemcpy(cells.data(), place, cells.size(), kDeviceToHost),
             "reading data");
  return to_floats(cells.data(), count, type);
}

}  // namespace neuralpower::cuda
