// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/advise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/redesign.h"
#include "neuralpower/decide/test_device.h"
#include "neuralpower/importers/layers/layer_list.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNet = R"(
image: input batch=2 in=3x32x32
stem: conv out=30 kernel=5 pad=2
relu: activation mode=relu
down: conv out=32 kernel=3 stride=2 pad=1
dw: conv out=32 kernel=3 pad=1 groups=32
pw: conv out=32 kernel=1
sum: add <- pw, down
pool: pool mode=max kernel=2 stride=2
flat: view to=2x2048
fc out=10
)";

DeviceModel device_of_all() {
  DeviceModel device = test_device();
  for (const char* key : {"activation.relu", "add", "pool"}) {
    device.layers[key].runtime = test_layer_model(key, Target::kRuntime, 0.01, {{"bytes", 1e-9}});
    device.layers[key].power = test_layer_model(key, Target::kPower, 20, {});
  }
  return device;
}

class AdviseTest : public ::testing::Test {
 protected:
  AdviseTest() : predictor_(device_of_all()), network_(parse_layer_list(kNet, "net")) {
    file_ = ::testing::TempDir() + "advise-" + std::to_string(getpid()) + ".layers";
    std::ofstream(file_) << kNet;
  }
  ~AdviseTest() override { std::remove(file_.c_str()); }
  std::size_t at(const std::string& name) const {
    for (std::size_t i = 0; i < network_.layers.size(); ++i)
      if (network_.layers[i].name == name) return i;
    return network_.layers.size();
  }
  Advices run(const Predictor& predictor, const std::vector<std::int64_t>& batches) const {
    AdviseOptions options;
    options.batches = batches;
    return advise(file_, predictor, options);
  }
  Convolution conv(const std::string& name) const {
    return std::get<Convolution>(network_.layers[at(name)].config.op);
  }
  Predictor predictor_;
  Network network_;
  std::string file_;
};

TEST_F(AdviseTest, DataTypesAreOfferedOnlyWhereTheyWereMeasured) {
  const auto offered = [](const Advices& advices) {
    std::set<std::string> changes;
    for (const Advice& advice : advices.advice)
      if (advice.kind == "data-type") changes.insert(advice.change);
    return changes;
  };
  EXPECT_TRUE(offered(run(predictor_, {})).empty());
  DeviceModel device = device_of_all();
  device.layers["conv"].runtime->regimes[0].terms.push_back({"bytes", 1e-6});
  for (auto& [key, models] : device.layers)
    if (key != "fc") models.data_types = {DataType::kF16, DataType::kF32};
  EXPECT_TRUE(offered(run(Predictor(device), {})).empty()) << "fc multiplies too";
  device.layers["fc"].data_types = {DataType::kF16};
  EXPECT_EQ(offered(run(Predictor(device), {})), std::set<std::string>{"all layers in f16"});
}

TEST_F(AdviseTest, WidthsFollowThroughToTheNextConvolution) {
  Convolution wider = conv("stem");
  wider.out_channels = 32;
  const auto other = redesign(network_, {{at("stem"), {wider}}});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->layers[at("relu")].config.inputs[0], (Shape{2, 32, 32, 32}));
  EXPECT_EQ(other->layers[at("down")].config.inputs[0], (Shape{2, 32, 32, 32}));
  EXPECT_EQ(other->layers[at("down")].params, 32 * 32 * 9 + 32);
  EXPECT_EQ(other->layers[at("stem")].params, 32 * 75 + 32);
}

TEST_F(AdviseTest, WhatIsAddedMustStayAsWide) {
  Convolution wider = conv("pw");
  wider.out_channels = 40;
  EXPECT_FALSE(redesign(network_, {{at("pw"), {wider}}}));
  // Both arms together fit again: the depthwise convolution and the flattened view follow.
  Convolution down = conv("down");
  down.out_channels = 40;
  const auto other = redesign(network_, {{at("pw"), {wider}}, {at("down"), {down}}});
  ASSERT_TRUE(other);
  EXPECT_EQ(std::get<Convolution>(other->layers[at("dw")].config.op).groups, 40);
  EXPECT_EQ(other->layers[at("flat")].config.inputs[0], (Shape{2, 40, 8, 8}));
  EXPECT_EQ(total_work(*other).params,
            30 * 75 + 30 + 40 * 30 * 9 + 40 + 40 * 9 + 40 + 40 * 40 + 40 + 2560 * 10 + 10);
}

TEST_F(AdviseTest, OffersWhatSavesAndPredictsItAsPredictDoes) {
  const Advices advices = run(predictor_, {1, 4});
  ASSERT_FALSE(advices.advice.empty());
  std::set<std::string> kinds;
  for (const Advice& a : advices.advice) {
    kinds.insert(a.kind);
    EXPECT_GT(a.energy_saved->value, Joules(0));
    EXPECT_LE(a.energy_saved->low, a.energy_saved->value);
    EXPECT_GE(a.energy_saved->high, a.energy_saved->value);
    if (a.kind == "kernel" && a.layer == "stem" && a.change == "kernel 5x5 -> 3x3") {
      Convolution smaller = conv("stem");
      smaller.kernel = {3, 3};
      smaller.pad = {1, 1, 1, 1};
      const auto other = redesign(network_, {{at("stem"), {smaller}}});
      ASSERT_TRUE(other);
      const double saved = predictor_.predict(network_).energy->value.value() -
                           predictor_.predict(*other).energy->value.value();
      EXPECT_NEAR(a.energy_saved->value.value(), saved / 2, 1e-12);
      EXPECT_EQ(a.macs_more, total_work(*other).macs - total_work(network_).macs);
      EXPECT_EQ(a.params_more, -30 * 3 * 16);
    }
  }
  EXPECT_THAT(kinds, ::testing::IsSupersetOf({"kernel", "channels", "stride", "batch"}));
}

TEST_F(AdviseTest, NothingOutsideTheMeasuredIsOffered) {
  DeviceModel device = device_of_all();
  device.layers["conv"].runtime->ranges = {{"kh", 3, 5}, {"groups", 1, 1}};
  const Predictor narrow(device);
  const Advices advices = run(narrow, {});
  EXPECT_GT(advices.outside, 0);
  for (const Advice& a : advices.advice) {
    EXPECT_NE(a.change, "kernel 3x3 -> 1x1");
    EXPECT_NE(a.kind, "depthwise-separable");
  }
}

TEST_F(AdviseTest, NetworksThatNobodyRunsAreRefused) {
  std::ofstream list(file_);
  list << "input batch=1 in=4\n";
  for (int i = 0; i < 20'001; ++i) list << "activation mode=relu\n";
  list.close();
  try {
    run(predictor_, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("advise looks at networks of up to 20000"));
  }
}

TEST_F(AdviseTest, WithoutEnergyAdviceIsByTime) {
  DeviceModel device = device_of_all();
  device.no_power = "no meter was read";
  for (auto& [key, models] : device.layers) models.power.reset();
  const Advices advices = run(Predictor(device), {4});
  EXPECT_FALSE(advices.energy_per_item);
  EXPECT_EQ(advices.no_energy, "no meter was read");
  ASSERT_FALSE(advices.advice.empty());
  for (const Advice& a : advices.advice) {
    EXPECT_FALSE(a.energy_saved);
    EXPECT_GT(a.time_saved.value, Seconds(0));
    EXPECT_DOUBLE_EQ(a.share, a.time_saved.value / advices.time_per_item.value);
  }
}

TEST_F(AdviseTest, NoKernelIsMadeSmallerThanItsStride) {
  for (const Advice& a : run(predictor_, {}).advice)
    EXPECT_FALSE(a.layer == "down" && a.change == "kernel 3x3 -> 1x1");
}

}  // namespace
}  // namespace neuralpower
