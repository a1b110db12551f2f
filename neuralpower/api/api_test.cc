// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "neuralpower/api/shipped_files.h"
#include "neuralpower/neuralpower.h"

namespace neuralpower {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string kAlexNet = NEURALPOWER_SOURCE_DIR "/examples/networks/alexnet.layers";

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("neuralpower-api-" + std::to_string(getpid()));  // each test is a process of its own
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

std::vector<Sample> made_up_samples() {
  std::vector<Sample> samples;
  for (int batch : {1, 2, 4, 8})
    for (int width : {64, 128, 256}) {
      Sample sample;
      sample.layer = parse_layer("fc batch=" + std::to_string(batch) +
                                 " in=" + std::to_string(width) + " out=100");
      sample.runtime = microseconds(10 + 0.05 * batch * width);
      sample.power = Watts(60);
      sample.energy = *sample.power * sample.runtime;
      samples.push_back(sample);
    }
  return samples;
}

TEST_F(ApiTest, ShippedDevicesAreFoundAboveTheProgram) {
  EXPECT_THAT(shipped_device_names(), Contains("xeon-gold-5120"));
  EXPECT_TRUE(std::filesystem::exists(published_folder()));
}

TEST_F(ApiTest, PredictsAFileOnAShippedDevice) {
  const Device device = Device::load("xeon-gold-5120");
  const NetworkPrediction prediction = device.predict(read_network(kAlexNet));
  ASSERT_TRUE(prediction.energy);
  EXPECT_GT(prediction.energy->value, Joules(0));
  EXPECT_TRUE(prediction.coverage.complete());
}

TEST_F(ApiTest, AMisspeltDeviceIsToldTheNearest) {
  try {
    Device::load("xeon-gold-512");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'xeon-gold-5120'"));
  }
}

TEST_F(ApiTest, OwnDevicesComeBeforeTheShipped) {
  std::filesystem::copy_file(find_model_file("tesla-t4"), folder_ / "xeon-gold-5120.json");
  setenv("NEURALPOWER_DEVICES", folder_.c_str(), 1);
  EXPECT_EQ(find_model_file("xeon-gold-5120"), folder_ / "xeon-gold-5120.json");
  EXPECT_TRUE(std::filesystem::exists(find_model_file("jetson-board")));
  unsetenv("NEURALPOWER_DEVICES");
}

TEST_F(ApiTest, TrainsSavesAndLoads) {
  TrainOptions options;
  options.device = "made up";
  options.method = "layer-type";
  double last = -1;
  const Device device =
      Device::train(made_up_samples(), options, [&](double fraction, const std::string&) {
        EXPECT_GE(fraction, last);
        EXPECT_LE(fraction, 1);
        last = fraction;
      });
  device.save(folder_ / "model.json");
  const Device again = Device::load((folder_ / "model.json").string());
  EXPECT_EQ(again.to_json(), device.to_json());
  const LayerConfig layer = parse_layer("fc batch=2 in=128 out=100");
  EXPECT_TRUE(again.was_trained_on(layer));
  EXPECT_EQ(again.predict_layer(layer).runtime->value, device.predict_layer(layer).runtime->value);
}

TEST_F(ApiTest, ProgressMayStopByThrowing) {
  struct Enough {};
  TrainOptions options;
  EXPECT_THROW(
      Device::train(made_up_samples(), options, [](double, const std::string&) { throw Enough(); }),
      Enough);
}

TEST_F(ApiTest, LayersToMeasureStandOnce) {
  const auto once = layers_to_measure({kAlexNet}, {1, 2}, "");
  EXPECT_EQ(layers_to_measure({kAlexNet, kAlexNet}, {1, 2}, "").size(), once.size());
  auto none = once;
  leave_out(none, {kAlexNet});
  EXPECT_TRUE(none.empty());
}

TEST_F(ApiTest, ListsOfLayersHaveTheirBatchInThem) {
  std::ofstream(folder_ / "x.csv") << "layer,name\nfc batch=4 in=8 out=2,last\n";
  const Network network = read_network((folder_ / "x.csv").string());
  EXPECT_EQ(network.batch, 4);
  EXPECT_EQ(network.layers.at(0).name, "last");
  ImportOptions import;
  import.batch = 2;
  EXPECT_THROW(read_network((folder_ / "x.csv").string(), import), Error);
}

}  // namespace
}  // namespace neuralpower
