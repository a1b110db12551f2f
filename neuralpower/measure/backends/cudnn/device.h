// SPDX-License-Identifier: Apache-2.0
// One GPU: the loaded libraries, a stream with the handles that launch on it, memory, and the
// Gaussian data that layers read.
//
// Not to be had: Unsupported, a layer that this device cannot run (its memory is too small, the
// library refuses); caught in this folder and turned into a Skip. A device that is lost is an Error
// (environment) from whatever noticed it first.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "neuralpower/measure/backends/cudnn/libraries.h"
#include "neuralpower/measure/backends/memory/buffer.h"
#include "neuralpower/measure/backends/memory/carousel.h"

namespace neuralpower::cuda {

struct Unsupported {
  std::string reason;
};

// The types of cells, by cuDNN's number.
std::size_t bytes_of_type(int type);
std::vector<float> to_floats(const void* cells, std::size_t count, int type);
std::vector<char> from_floats(const std::vector<float>& values, int type);

class Device {
 public:
  Device(int number, const std::string& libraries, std::uint64_t seed);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const Libraries& api() const { return api_; }
  void* stream() const { return stream_; }
  void* dnn() const { return dnn_; }
  void* blas() const { return blas_; }

  const std::string& name() const { return name_; }
  int attribute(int which) const;

  // Unsupported if there is not so much memory left.
  std::unique_ptr<Buffer> allocate(std::size_t bytes) const;
  // Waits for everything launched; Error if the device is lost.
  void synchronise() const;
  // After a call that failed: Error if the device is lost, otherwise the failure is forgotten.
  void recover(const std::string& what) const;

  // Standard normal cells, times `scale`, or positive; see GaussianSource.
  void fill(void* place, std::size_t count, int type, float scale, bool positive);
  void fill_with(void* place, std::size_t count, int type, float value) const;
  std::vector<float> read(const void* place, std::size_t count, int type) const;

 private:
  void upload(void* place, const std::vector<float>& values, int type) const;

  int number_;
  Libraries api_;
  void* stream_ = nullptr;
  void* dnn_ = nullptr;
  void* blas_ = nullptr;
  std::string name_;
  GaussianSource data_;
  // A stretch of Gaussian cells of each type on the device, from which large tensors are copied.
  struct Stretch {
    std::unique_ptr<Buffer> buffer;
    std::size_t next = 0;
  };
  std::map<int, Stretch> stretches_;
};

// A handle that its library destroys with it.
using Handle = std::shared_ptr<void>;

}  // namespace neuralpower::cuda
