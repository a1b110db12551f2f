// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/paleo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

PaleoDevice titan_x() {
  return load_paleo_device(NEURALPOWER_SOURCE_DIR "/devices/specs/titan-x.json");
}

void expect_close(double ours, double reference, const std::string& what) {
  EXPECT_NEAR(ours, reference, 1e-9 * std::abs(reference)) << what;
}

// tests/data/paleo/*.csv: what the program of Paleo's authors prints for these architectures
// (forward pass, GEMM, TITAN X, PPP 1), layer by layer.
class PaleoReference : public testing::TestWithParam<const char*> {};

TEST_P(PaleoReference, EveryLayerAgrees) {
  const std::string stem = std::string(NEURALPOWER_SOURCE_DIR "/tests/data/paleo/") + GetParam();
  const Network network = import_network(stem + ".json");
  const PaleoDevice device = titan_x();
  std::map<std::string, PaleoTime> times;
  for (const Layer& layer : network.layers) {
    EXPECT_NE(paleo_coverage(layer.config.op), PaleoCoverage::kUnknown) << layer.name;
    times[layer.name] = paleo_time(layer.config, device);
  }
  std::ifstream file(stem + ".csv");
  std::string line;
  std::getline(file, line);
  ASSERT_EQ(line, "layer,flops,bytes,compute_ms,memory_ms,total_ms");
  double total = 0;
  std::size_t rows = 0;
  for (; std::getline(file, line); ++rows) {
    const auto cells = split(line, ',');
    const std::string name(cells[0]);
    ASSERT_TRUE(times.contains(name)) << name;
    const PaleoTime& time = times[name];
    EXPECT_EQ(time.flops, parse_double(cells[1])) << name;
    EXPECT_EQ(time.bytes, parse_double(cells[2])) << name;
    expect_close(in_milliseconds(time.compute), *parse_double(cells[3]), name);
    expect_close(in_milliseconds(time.memory), *parse_double(cells[4]), name);
    expect_close(in_milliseconds(time.total), *parse_double(cells[5]), name);
    total += *parse_double(cells[5]);
  }
  EXPECT_EQ(rows, network.layers.size());
  const NetworkPrediction prediction = predict_with_paleo(network, device);
  ASSERT_TRUE(prediction.runtime.has_value());
  expect_close(in_milliseconds(prediction.runtime->value), total, "total");
  EXPECT_TRUE(prediction.coverage.complete());
  EXPECT_FALSE(prediction.power.has_value());
}

INSTANTIATE_TEST_SUITE_P(Networks, PaleoReference,
                         testing::Values("alex_v2", "vgg16", "nin", "overfeat", "cifar10_6conv",
                                         "resnet50", "inception_v3"));

// The Paleo column of Table 4 of the NeuralPower paper, to its last digit.
TEST(Paleo, TotalsOfThePaper) {
  const std::map<std::string, double> totals = {{"vgg16", 345.83},
                                                {"alex_v2", 33.16},
                                                {"nin", 45.68},
                                                {"overfeat", 114.71},
                                                {"cifar10_6conv", 28.75}};
  for (const auto& [name, milliseconds] : totals) {
    const Network network =
        import_network(NEURALPOWER_SOURCE_DIR "/tests/data/paleo/" + name + ".json");
    const NetworkPrediction prediction = predict_with_paleo(network, titan_x());
    EXPECT_NEAR(in_milliseconds(prediction.runtime->value), milliseconds, 0.005) << name;
  }
}

PaleoTime time_of(const char* layer, double ppp = 1) {
  PaleoDevice device = titan_x();
  device.ppp = ppp;
  return paleo_time(parse_layer(layer), device);
}

TEST(Paleo, NothingIsFasterThanATick) {
  const PaleoTime time = time_of("fc batch=1 in=1 out=1");
  EXPECT_DOUBLE_EQ(in_milliseconds(time.compute), 1e-6);
  EXPECT_DOUBLE_EQ(in_milliseconds(time.memory), 3e-6);
}

TEST(Paleo, HalfThePeakTakesTwiceTheTime) {
  const char* const layer = "conv batch=8 in=64x56x56 out=128 kernel=3 pad=1";
  EXPECT_DOUBLE_EQ(time_of(layer, 0.5).total.value(), 2 * time_of(layer).total.value());
}

TEST(Paleo, PaddingCountsForConvolutionsOnly) {
  EXPECT_EQ(time_of("conv batch=1 in=1x4x4 out=1 kernel=3 pad=1").bytes, 4 * (36 + 9 + 16));
  EXPECT_EQ(time_of("conv batch=1 in=1x4x4 out=1 kernel=2 pad=0,0,1,1").bytes, 4 * (16 + 4 + 16));
  EXPECT_EQ(time_of("pool mode=avg batch=1 in=1x4x4 kernel=3 pad=1").bytes, 4 * (16 + 16));
  EXPECT_EQ(time_of("conv batch=1 in=4x4x4 out=4 kernel=1 groups=4").flops, 2 * 64);
}

// Stride 2, kernel 3, SAME: the 4 x 4 input is spread to 8 x 8 cells (one more than 7, to even the
// padding out) and padded by 1.
TEST(Paleo, ATransposedConvolutionIsAConvolutionWithHoles) {
  const PaleoTime time = time_of("deconv batch=2 in=3x4x4 out=5 kernel=3 stride=2 pad=0,0,1,1");
  EXPECT_EQ(time.flops, 2.0 * 9 * 3 * 5 * 64 * 2 + 2.0 * 2 * 3 * 16);
  EXPECT_EQ(time.bytes, 4.0 * (2 * 3 * 10 * 10 + 9 * 3 * 5 + 2 * 5 * 64));
}

TEST(Paleo, WhatItDoesNotKnowIsNotCovered) {
  Network network;
  for (const char* text : {"softmax batch=8 in=1000", "matmul batch=96 m=128 k=64 n=128",
                           "fc batch=8 in=1000 out=10", "unsupported op=Magic"}) {
    Layer layer;
    layer.config = parse_layer(text);
    network.layers.push_back(layer);
  }
  const NetworkPrediction prediction = predict_with_paleo(network, titan_x());
  EXPECT_EQ(prediction.coverage.layers, 4);
  EXPECT_EQ(prediction.coverage.covered, 2);
  EXPECT_THAT(prediction.layers[1].reason, HasSubstr("no model of matmul"));
  EXPECT_EQ(in_milliseconds(prediction.layers[0].runtime->value), 0);
}

TEST(PaleoDevices, EverySpecIsComplete) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(NEURALPOWER_SOURCE_DIR "/devices/specs")) {
    EXPECT_FALSE(load_paleo_device(entry.path()).name.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 5);
  EXPECT_EQ(titan_x().clock_mhz, 1000);
  EXPECT_EQ(titan_x().peak_gflops, 6144);
  EXPECT_EQ(titan_x().bandwidth_gb_s, 336.5);
}

TEST(PaleoDevices, ErrorsNameTheKey) {
  const auto error_of = [](std::string_view json) -> std::string {
    try {
      parse_paleo_device(json);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of("{"), HasSubstr("JSON object"));
  EXPECT_THAT(error_of(R"({"name": "x", "clock_mhz": 0})"), HasSubstr("'clock_mhz'"));
  EXPECT_THAT(error_of(R"({"name": "x", "clock_mhz": 1, "peak_gflops": "9"})"),
              HasSubstr("'peak_gflops'"));
  EXPECT_THAT(error_of(R"({"name": "x", "clock_mhz": 1, "peak_gflops": 1, "bandwidth_gb_s": 1,
                           "ppp": 1.5})"),
              HasSubstr("'ppp'"));
}

}  // namespace
}  // namespace neuralpower
