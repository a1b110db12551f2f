// SPDX-License-Identifier: Apache-2.0
// Backend: a software stack on a device that executes layers for real. A seam to hardware and
// libraries; fakes/fake_backend.h is the fake.
//
// A back-end turns a LayerConfig into a PreparedLayer: memory allocated and filled with seeded
// Gaussian data (never zeros: the power of a product depends on its values), weights packed as the
// library wants them, code generated. What it cannot run is a Skip with the reason, an expected
// outcome and not an error. A PreparedLayer must be destroyed before its Backend.
//
// Threads: a back-end and what it prepared are used by one thread at a time; it may use several
// inside (conditions() tells how many).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/layer_config.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

// Plain row-major copies of what the last execution read and wrote. The order of `weights` is that
// of backends/reference.h.
struct LayerValues {
  std::vector<std::vector<float>> inputs, weights;
  std::vector<float> output;
};

class PreparedLayer {
 public:
  virtual ~PreparedLayer() = default;

  // Starts one execution; on an asynchronous device it may return before the work is done.
  virtual void run() = 0;
  // Returns when everything started is done.
  virtual void synchronise() = 0;

  // Runs it so often and returns the time that the device's own clock saw; where the device has
  // none, does nothing and returns nothing: the caller then times run() with its own clock.
  virtual std::optional<Seconds> run_by_device_clock(std::int64_t /*executions*/) {
    return std::nullopt;
  }
  // What else can be told about one execution by measuring it apart, by name with its unit:
  // "kernel_ms", the time without the gaps between launches.
  virtual std::map<std::string, double> side_measurements() { return {}; }

  // After so many executions the largest tensor is back where it began: stretches of work that are to
  // be compared are multiples of it, as each piece of memory has its own speed.
  virtual std::int64_t period() const { return 1; }

  // What the library chose, in its own words: "jit:avx512_core".
  virtual std::string implementation() const = 0;
  // For checking results, after at least one run() and synchronise().
  virtual LayerValues values() const = 0;
};

struct Skip {
  std::string reason;
};
using Preparation = std::variant<std::unique_ptr<PreparedLayer>, Skip>;

// A whole network bound to shared buffers: running the steps in order is one pass. A layer that
// costs nothing has no step; a change of layout that the library needs in front of a layer is a
// step of its own.
struct PreparedNetwork {
  struct Step {
    std::size_t layer = 0;    // index into Network::layers
    bool is_reorder = false;  // a change of layout on behalf of that layer
    std::unique_ptr<PreparedLayer> work;
  };
  struct SkippedLayer {
    std::size_t layer = 0;
    std::string reason;
  };
  std::vector<Step> steps;
  std::vector<SkippedLayer> skipped;  // their outputs hold Gaussian data, so that the rest runs
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;
  // Everything that must be equal for two measurements to be comparable: library and version,
  // threads, precision, layout, algorithm and cache policy. Keys are lower_case words.
  virtual std::map<std::string, std::string> conditions() const = 0;

  // The shortest stretch of work that run_by_device_clock or the processor's clock times well.
  virtual Seconds shortest_slice() const { return Seconds(25e-6); }

  virtual Preparation prepare(const LayerConfig& config) = 0;
  virtual PreparedNetwork prepare_network(const Network& network) = 0;
};

// How a layer that is measured alone finds its data in the caches. In a hot loop it would find its
// weights in the nearest cache; in a network they were last touched one whole pass ago, while the
// activations were written a moment ago by the layer before, partly by other cores. So a layer
// takes the next copy of its data on each execution, from as many copies as cover these bytes (but
// at least two, up to 256 MiB). 0: one copy, for checking results and for hot loops.
//
// The defaults are where layers alone come closest to layers in place in AlexNet, NIN, VGG-16 and
// ResNet-50 on a Xeon with 2 MB of L2 a core (their sums are 4.3 % away from the whole network in
// the mean, those of hot loops 5.6 %; docs/measuring.md has the table).
struct CachePolicy {
  std::int64_t weight_bytes = 24 << 20;
  std::int64_t activation_bytes = 16 << 20;
};

// What a back-end on a GPU may be told.
struct GpuOptions {
  int device = 0;
  bool tf32 = false;           // f32 layers may be multiplied in TF32 (layers of tf32 always are)
  bool channels_last = false;  // images lie as N x H x W x C
  // Which of the library's algorithms: "heuristic" (its own first choice that works), "fastest" (of
  // those that work, timed when the layer is prepared), or one by its name ("winograd").
  std::string algorithm = "heuristic";
  std::string libraries;  // folders, colon-separated, where the vendor's libraries are looked for
};

struct BackendOptions {
  int threads = 0;  // 0: as many as the process may run on
  std::uint64_t seed = 1;
  CachePolicy cache;
  GpuOptions gpu;
};

}  // namespace neuralpower
