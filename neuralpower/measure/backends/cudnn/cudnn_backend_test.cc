// SPDX-License-Identifier: Apache-2.0
// The driver on the stand-in library: precisions, layouts, algorithms, clocks, and what goes wrong.
// (The numerical suite for every back-end is backends_test.cc.)
#include "neuralpower/measure/backends/cudnn/cudnn_backend.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/backends/reference.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The controls of the stand-in, which this process loads as the back-end does.
class Cudnn : public ::testing::Test {
 protected:
  Cudnn() : library_(dlopen(NEURALPOWER_FAKE_CUDA, RTLD_NOW)) {
    fail("");
    memory(std::size_t{4} << 30);
  }
  ~Cudnn() override {
    fail("");
    memory(std::size_t{4} << 30);
  }

  void fail(const char* plan) { control<void(const char*)>("fake_cuda_fail")(plan); }
  void memory(std::size_t bytes) { control<void(std::size_t)>("fake_cuda_memory")(bytes); }
  std::size_t calls(const char* name) {
    return control<std::size_t(const char*)>("fake_cuda_calls")(name);
  }

  static BackendOptions options() {
    BackendOptions options;
    options.cache = {0, 0};
    options.gpu.libraries = NEURALPOWER_FAKE_CUDA;
    return options;
  }
  static std::unique_ptr<PreparedLayer> prepare(Backend& backend, const char* text) {
    Preparation made = backend.prepare(parse_layer(text));
    if (const auto* skip = std::get_if<Skip>(&made)) {
      ADD_FAILURE() << text << ": " << skip->reason;
      return nullptr;
    }
    return std::get<0>(std::move(made));
  }
  static std::string skip_reason(Backend& backend, const char* text) {
    const Preparation made = backend.prepare(parse_layer(text));
    const auto* skip = std::get_if<Skip>(&made);
    return skip ? skip->reason : "it runs";
  }
  // The largest error relative to the largest magnitude of the reference.
  static double error_of(Backend& backend, const char* text) {
    const auto layer = prepare(backend, text);
    layer->run();
    layer->synchronise();
    const LayerValues values = layer->values();
    const auto expected = reference_output(parse_layer(text), values);
    double largest = 1e-30, error = 0;
    EXPECT_EQ(expected.value().size(), values.output.size()) << text;
    for (std::size_t i = 0; i < expected->size(); ++i) {
      largest = std::max(largest, std::fabs((*expected)[i]));
      error = std::max(error, std::fabs((*expected)[i] - values.output[i]));
    }
    return error / largest;
  }

 private:
  template <typename Function>
  Function* control(const char* name) {
    return reinterpret_cast<Function*>(dlsym(library_, name));
  }
  void* library_;
};

constexpr const char* kConv = "conv batch=2 in=16x9x9 out=16 kernel=3 pad=1";

TEST_F(Cudnn, ComputesInThePrecisionThatWasAskedFor) {
  const auto strict = make_cudnn_backend(options());
  EXPECT_LT(error_of(*strict, kConv), 1e-6);
  EXPECT_LT(error_of(*strict, "fc batch=3 in=200 out=50"), 1e-6);
  const double tf32 = error_of(*strict, "conv batch=2 in=16x9x9 out=16 kernel=3 pad=1 dtype=tf32");
  EXPECT_GT(tf32, 1e-5);
  EXPECT_LT(tf32, 5e-3);
  BackendOptions allowing = options();
  allowing.gpu.tf32 = true;
  EXPECT_GT(error_of(*make_cudnn_backend(allowing), kConv), 1e-5);
  for (const char* half : {"f16", "bf16"})
    for (const char* layer :
         {"conv batch=2 in=16x9x9 out=16 kernel=3 pad=1", "fc batch=3 in=200 out=50",
          "norm mode=batch batch=2 in=8x5x5", "pool mode=avg batch=2 in=8x6x6 kernel=3 stride=2",
          "softmax batch=4 in=100", "add batch=2 in=8x5x5 inputs=2",
          "concat batch=2 in=3x5x5+4x5x5", "activation mode=tanh batch=2 in=100"})
      EXPECT_LT(error_of(*strict, (std::string(layer) + " dtype=" + half).c_str()), 2e-2)
          << layer << " " << half;
}

TEST_F(Cudnn, ComputesTheSameWithChannelsLast) {
  BackendOptions last = options();
  last.gpu.channels_last = true;
  const auto backend = make_cudnn_backend(last);
  for (const char* layer :
       {kConv, "conv batch=2 in=6x9x8 out=4 kernel=3x2 pad=0,1,2,1 groups=2",
        "conv batch=1 in=8x9x9 out=8 kernel=3 pad=1 post=norm+add+relu",
        "conv batch=1 in=8x9x9 out=8 kernel=3 pad=1 post=mul",
        "deconv batch=1 in=4x5x5 out=6 kernel=3 stride=2 groups=2",
        "pool mode=max batch=2 in=8x7x7 kernel=3 stride=2 pad=1",
        "norm mode=batch batch=2 in=8x5x5", "norm mode=lrn batch=2 in=8x5x5",
        "add batch=2 in=8x5x5 inputs=3 broadcast=1", "concat batch=2 in=3x5x5+4x5x5",
        "activation mode=relu batch=2 in=8x5x5", "softmax batch=2 in=8x3x2 axis=1",
        "reduce mode=mean batch=2 in=8x5x6 to=2x8"})
    EXPECT_LT(error_of(*backend, layer), 1e-5) << layer;
}

TEST_F(Cudnn, FusesWhatCudnnCanDoInOneCall) {
  const auto backend = make_cudnn_backend(options());
  const auto name = [&](const char* text) { return prepare(*backend, text)->implementation(); };
  EXPECT_EQ(name("conv batch=1 in=8x9x9 out=8 kernel=3 pad=1"), "winograd,fma");
  EXPECT_EQ(name("conv batch=1 in=8x9x9 out=8 kernel=3 pad=1 post=norm+add+relu"),
            "winograd,fma with bias, add, relu");
  // Only one algorithm has bias without an activation.
  EXPECT_EQ(name("conv batch=1 in=8x9x9 out=8 kernel=3 pad=1 post=norm"),
            "implicit_precomp_gemm,fma with bias");
  EXPECT_EQ(name("conv batch=1 in=8x9x9 out=8 kernel=3 pad=1 post=relu+mul"),
            "winograd,fma then bias then relu then mul");
  EXPECT_THAT(name("conv batch=1 in=8x9x9 out=8 kernel=3 pad=0,0,1,1"), StartsWith("pad then "));
  EXPECT_THAT(name("fc batch=2 in=30 out=20 post=relu"),
              AllOf(StartsWith("cublaslt id=10"), HasSubstr("with bias, relu")));
}

TEST_F(Cudnn, TakesTheAlgorithmThatWasAskedFor) {
  BackendOptions named = options();
  named.gpu.algorithm = "implicit_gemm";
  EXPECT_EQ(prepare(*make_cudnn_backend(named), kConv)->implementation(), "implicit_gemm,fma");
  named.gpu.algorithm = "winograd";
  EXPECT_THAT(skip_reason(*make_cudnn_backend(named), "conv batch=1 in=8x9x9 out=8 kernel=5 pad=2"),
              HasSubstr("does not offer the algorithm winograd"));
  named.gpu.algorithm = "fastest";
  EXPECT_FALSE(prepare(*make_cudnn_backend(named), kConv)->implementation().empty());
  named.gpu.algorithm = "winnograd";
  try {
    make_cudnn_backend(named);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'winograd'"));
  }
}

TEST_F(Cudnn, TellsKernelsFromTheGapsBetweenLaunches) {
  const auto backend = make_cudnn_backend(options());
  const auto layer = prepare(*backend, "activation mode=relu batch=1 in=64");
  const auto with_gaps = layer->run_by_device_clock(200);
  ASSERT_TRUE(with_gaps);
  const double launched_ms = in_milliseconds(*with_gaps) / 200;
  const double kernel_ms = layer->side_measurements().at("kernel_ms");
  EXPECT_GT(launched_ms, 2 * kernel_ms);
  EXPECT_NEAR(kernel_ms, 2e-3, 1e-4);  // what the stand-in's kernels take
}

TEST_F(Cudnn, ComposesWhatCudnnDoesNotHave) {
  const auto backend = make_cudnn_backend(options());
  for (const char* layer :
       {"attention batch=2 heads=3 queries=5 keys=7 width=8", "norm mode=layer batch=2 in=7x30",
        "norm mode=instance batch=2 in=6x5x4", "norm mode=group batch=2 in=6x5x4 size=3"})
    EXPECT_LT(error_of(*backend, layer), 1e-5) << layer;
}

TEST_F(Cudnn, SaysWhatTheConditionsWere) {
  const auto backend = make_cudnn_backend(options());
  const auto conditions = backend->conditions();
  EXPECT_EQ(conditions.at("gpu"), "Fake GPU");
  EXPECT_THAT(conditions.at("library"), HasSubstr("cuDNN 9.19.0"));
  EXPECT_EQ(conditions.at("precision"), "f32 without TF32");
}

TEST_F(Cudnn, SkipsWhatDoesNotFitIntoTheMemory) {
  const auto backend = make_cudnn_backend(options());
  memory(std::size_t{64} << 20);
  EXPECT_THAT(skip_reason(*backend, "fc batch=1 in=25088 out=4096"),
              AllOf(HasSubstr("memory is too small"), HasSubstr("MiB are free")));
  EXPECT_LT(error_of(*backend, kConv), 1e-6);  // the next one runs
}

TEST_F(Cudnn, SkipsWhatTheLibraryRefuses) {
  const auto backend = make_cudnn_backend(options());
  fail("cudnnSoftmaxForward:1:3000");
  EXPECT_THAT(skip_reason(*backend, "softmax batch=1 in=10"), HasSubstr("NOT_SUPPORTED"));
  EXPECT_THAT(skip_reason(*backend, "activation mode=gelu batch=1 in=10"), HasSubstr("gelu"));
  // Another algorithm is taken where one is refused.
  fail("cudnnConvolutionForward:1:3000");
  EXPECT_EQ(prepare(*backend, kConv)->implementation(), "implicit_precomp_gemm,fma");
}

TEST_F(Cudnn, ALostDeviceIsAnErrorAndNoSkip) {
  const auto backend = make_cudnn_backend(options());
  const auto layer = prepare(*backend, kConv);
  fail("cudnnConvolutionForward:3:5000+");
  layer->run();
  layer->run();
  EXPECT_THROW(layer->run(), Error);
  try {
    backend->prepare(parse_layer("softmax batch=1 in=10"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
  }
}

TEST_F(Cudnn, WithoutADriverThereIsOneClearLine) {
  for (const char* plan : {"cudaGetDeviceCount:1:35", "cudaGetDeviceCount:1:100"}) {
    fail(plan);
    try {
      make_cudnn_backend(options());
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
      EXPECT_THAT(error.what(), HasSubstr("no NVIDIA GPU can be used here"));
    }
  }
  fail("");
  BackendOptions other = options();
  other.gpu.device = 1;
  EXPECT_THROW(make_cudnn_backend(other), Error);
  other.gpu.device = 0;
  other.gpu.libraries = "/does/not/exist";
  EXPECT_THROW(make_cudnn_backend(other), Error);
}

TEST_F(Cudnn, GivesItsMemoryBack) {
  const auto backend = make_cudnn_backend(options());
  for (int i = 0; i < 50; ++i) error_of(*backend, kConv);
  memory(std::size_t{64} << 20);  // what 50 leaked layers would not leave free
  EXPECT_LT(error_of(*backend, "conv batch=2 in=32x40x40 out=32 kernel=3 pad=1"), 1e-6);
}

}  // namespace
}  // namespace neuralpower
