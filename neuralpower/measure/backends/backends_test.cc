// SPDX-License-Identifier: Apache-2.0
// One suite for every back-end that is built in: numbers first, then what a pass over a network
// needs.
#include "neuralpower/measure/backends/backends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/measure/backends/random_layers.h"
#include "neuralpower/measure/backends/reference.h"
#include "neuralpower/measure/network_measurement.h"
#include "neuralpower/measure/protocol.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kRandomLayers = 600;

// A GPU is stood in for, unless NEURALPOWER_TEST_GPU is set and the real one is to be checked.
BackendOptions options_for(std::string_view name) {
  BackendOptions options;
  if (name == "cudnn" && !std::getenv("NEURALPOWER_TEST_GPU"))
    options.gpu.libraries = NEURALPOWER_FAKE_CUDA;
  return options;
}

std::unique_ptr<Backend> checking_backend(std::string_view name) {
  BackendOptions options = options_for(name);
  options.cache = {0, 0};
  options.threads = 1;  // so that the suite takes no longer on a busy machine
  return make_backend(name, options);
}

// The largest error relative to the largest magnitude; infinite if anything is not a number.
double relative_error(const std::vector<double>& expected, const std::vector<float>& output) {
  double largest = 1e-30, error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    const double difference = std::fabs(expected[i] - output[i]);
    if (!(difference <= error)) error = difference;
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  }
  return error / largest;
}

class EveryBackend : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryBackend, AgreesWithTheReferenceOnRandomLayers) {
  const auto backend = checking_backend(GetParam());
  RandomLayers layers(20261120);
  std::map<std::string, int> checked, skipped;
  for (int i = 0; i < kRandomLayers; ++i) {
    const LayerConfig config = layers.next();
    const std::string text = format_layer(config);
    const std::string kind(std::holds_alternative<Elementwise>(config.op) ? "elementwise"
                                                                          : kind_of(config.op));
    Preparation preparation = backend->prepare(config);
    if (const auto* skip = std::get_if<Skip>(&preparation)) {
      EXPECT_THAT(skip->reason, Not(IsEmpty())) << text;
      ++skipped[kind];
      continue;
    }
    PreparedLayer& layer = *std::get<0>(preparation);
    EXPECT_THAT(layer.implementation(), Not(IsEmpty())) << text;
    layer.run();
    layer.run();  // a second time: nothing may add up
    layer.synchronise();
    const LayerValues values = layer.values();
    const auto expected = reference_output(config, values);
    ASSERT_TRUE(expected) << "the reference does not know " << text;
    ASSERT_EQ(values.output.size(), expected->size()) << text;
    EXPECT_LE(relative_error(*expected, values.output),
              config.dtype == DataType::kBF16 ? 2e-2 : 2e-4)
        << text << " " << layer.implementation();
    ++checked[kind];
  }
  for (const auto& [kind, count] : skipped)
    EXPECT_GT(checked[kind], 0) << "all " << count << " layers of kind " << kind << " skipped";
  int total = 0;
  for (const auto& [kind, count] : checked) total += count;
  EXPECT_GT(total, kRandomLayers * 3 / 4);
  EXPECT_GT(checked["conv"], kRandomLayers / 8);
}

// Kinds that not every back-end has: those that have them compute them right.
TEST_P(EveryBackend, AgreesWithTheReferenceOnRarerKinds) {
  const auto backend = checking_backend(GetParam());
  for (const char* text :
       {"recurrent mode=lstm batch=2 in=5x7 hidden=6",
        "recurrent mode=lstm batch=3 in=4x16 hidden=16 directions=2",
        "recurrent mode=gru batch=2 in=5x7 hidden=6 directions=2",
        "recurrent mode=rnn batch=2 in=3x9 hidden=4", "norm mode=instance batch=2 in=6x5x4",
        "norm mode=group batch=2 in=6x5x4 size=3", "norm mode=rms batch=2 in=7x30",
        "attention batch=2 heads=3 queries=5 keys=7 width=8",
        "embedding batch=3 in=7 rows=50 width=9", "where batch=2 in=6x5x4 inputs=3",
        "where batch=2 in=6x5x4 inputs=3 broadcast=1",
        "where batch=2 in=6x5x4 inputs=3 broadcast=2"}) {
    const LayerConfig config = parse_layer(text);
    Preparation preparation = backend->prepare(config);
    if (std::holds_alternative<Skip>(preparation)) continue;
    PreparedLayer& layer = *std::get<0>(preparation);
    layer.run();
    layer.run();
    layer.synchronise();
    const LayerValues values = layer.values();
    const auto expected = reference_output(config, values);
    ASSERT_TRUE(expected) << text;
    ASSERT_EQ(values.output.size(), expected->size()) << text;
    EXPECT_LE(relative_error(*expected, values.output), 2e-4)
        << text << " " << layer.implementation();
  }
}

// What a layer text leaves open (which rows, how much on which side) can be checked for its size
// only, and for being a copy.
TEST_P(EveryBackend, MovesData) {
  const auto backend = checking_backend(GetParam());
  for (const char* text :
       {"move mode=gather batch=2 in=50x8 to=2x8", "move mode=gather batch=3 in=9x4x5 to=9x4x5",
        "move mode=pad batch=1 in=5x6x7 to=1x9x8x7", "move mode=roll batch=2 in=6x4x3 to=2x6x4x3",
        "move mode=resize batch=2 in=3x4x5 to=2x3x8x15"}) {
    const LayerConfig config = parse_layer(text);
    Preparation preparation = backend->prepare(config);
    if (std::holds_alternative<Skip>(preparation)) continue;
    PreparedLayer& layer = *std::get<0>(preparation);
    layer.run();
    layer.synchronise();
    const LayerValues values = layer.values();
    const auto& to = std::get<DataMovement>(config.op).to;
    ASSERT_EQ(values.output.size(), static_cast<std::size_t>(to.element_count())) << text;
    const std::set<float> there(values.inputs[0].begin(), values.inputs[0].end());
    std::set<float> moved(values.output.begin(), values.output.end());
    EXPECT_GT(moved.size(), 8u) << text << ": always the same cells";
    moved.erase(0.0f);  // of padding
    EXPECT_TRUE(std::includes(there.begin(), there.end(), moved.begin(), moved.end())) << text;
  }
}

// A layer's text is one thing, a network's tensors another: the whole of a transformer runs.
TEST(Onednn, LeavesNoLayerOfTransformersOut) {
  const auto folder = std::filesystem::path(NEURALPOWER_SOURCE_DIR) / "tests/networks/torch";
  if (!std::count_if(backends().begin(), backends().end(),
                     [](const BackendRow& row) { return row.name == "onednn" && row.make; }))
    GTEST_SKIP() << "built without oneDNN";
  const auto backend = checking_backend("onednn");
  for (const char* file :
       {"bert.opset13.rebatch.onnx", "vit_b_32.opset13.rebatch.onnx", "swin_t.opset14.rebatch.onnx",
        "convnext_tiny.opset13.preserve.onnx", "gpt.opset13.dynamic.onnx"}) {
    PreparedNetwork prepared = backend->prepare_network(import_network(folder / file));
    EXPECT_THAT(prepared.skipped, IsEmpty()) << file << ": " << prepared.skipped[0].reason;
    for (const auto& step : prepared.steps) step.work->run();
    prepared.steps.back().work->synchronise();
  }
}

TEST_P(EveryBackend, TheInputsAreNotZeroAndTheSeedDecides) {
  const LayerConfig config = parse_layer("conv batch=1 in=16x8x8 out=16 kernel=3");
  BackendOptions options = options_for(GetParam());
  options.cache = {0, 0};
  const auto input = [&] {
    const auto backend = make_backend(GetParam(), options);
    const auto layer = std::get<0>(backend->prepare(config));
    layer->run();
    layer->synchronise();
    return layer->values().inputs[0];
  };
  const std::vector<float> first = input();
  double squares = 0;
  for (const float x : first) squares += x * x;
  EXPECT_NEAR(squares / static_cast<double>(first.size()), 1, 0.2);
  EXPECT_EQ(first, input());
  options.seed = 2;
  EXPECT_NE(first, input());
}

TEST_P(EveryBackend, CyclingThroughCopiesChangesNoResult) {
  const auto backend = make_backend(GetParam(), options_for(GetParam()));
  const LayerConfig config = parse_layer("conv batch=1 in=20x8x8 out=20 kernel=3 pad=1");
  const auto layer = std::get<0>(backend->prepare(config));
  for (int i = 0; i < 5; ++i) {
    layer->run();
    layer->synchronise();
    const LayerValues values = layer->values();
    const auto expected = reference_output(config, values);
    EXPECT_LE(relative_error(*expected, values.output), 2e-4);
  }
}

TEST_P(EveryBackend, SkipsWithAReason) {
  const auto backend = checking_backend(GetParam());
  for (const char* text :
       {"unsupported op=Nms", "dropout batch=1 in=64", "fc batch=1 in=8 out=8 dtype=i8"}) {
    const Preparation preparation = backend->prepare(parse_layer(text));
    ASSERT_TRUE(std::holds_alternative<Skip>(preparation)) << text;
    EXPECT_THAT(std::get<Skip>(preparation).reason, Not(IsEmpty()));
  }
}

TEST_P(EveryBackend, RunsWholeNetworks) {
  const auto backend = checking_backend(GetParam());
  SteadyClock clock;
  NetworkMeasureOptions options;
  options.passes = 3;
  const auto folder = std::filesystem::path(NEURALPOWER_SOURCE_DIR) / "examples/networks";
  for (const char* file : {"cifar10_6conv.layers", "resnet50.layers"}) {
    const Network network = import_network(folder / file);
    const NetworkMeasurement result = measure_network(network, *backend, clock, nullptr, options);
    ASSERT_EQ(result.layers.size(), network.layers.size());
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
      EXPECT_THAT(result.layers[i].skipped, IsEmpty()) << network.layers[i].name;
      const bool free = is_free(network.layers[i].config) ||
                        std::holds_alternative<Dropout>(network.layers[i].config.op);
      EXPECT_EQ(result.layers[i].runtime > Seconds(0), !free) << network.layers[i].name;
    }
    EXPECT_GT(result.runtime, Seconds(0));
    EXPECT_LE(result.low, result.high);
  }
}

std::vector<std::string> built_in() {
  std::vector<std::string> names;
  for (const BackendRow& row : backends())
    if (row.make) names.emplace_back(row.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, ::testing::ValuesIn(built_in()),
                         [](const auto& row) { return row.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryBackend);

TEST(Backends, UnknownNamesGetASuggestion) {
  try {
    make_backend("onednm", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'onednn'"));
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace neuralpower
