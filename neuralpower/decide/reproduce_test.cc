// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/reproduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/decide/test_device.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Reproduction published() { return read_published(NEURALPOWER_SOURCE_DIR "/devices/published"); }

// 88.24 %, 88.34 % and 97.21 % accuracy in the paper's abstract are 100 minus these.
TEST(Published, NetworkErrorsOfTables4To6) {
  const Reproduction p = published();
  ASSERT_EQ(p.networks.size(), 3u);
  const double expected[] = {11.77, 11.66, 2.79};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(p.networks[i].table, static_cast<int>(4 + i));
    EXPECT_EQ(p.networks[i].rows.size(), 5u);
    EXPECT_NEAR(*p.networks[i].rmspe(&NetworkComparison::predicted), expected[i], 0.005)
        << p.networks[i].target;
  }
}

TEST(Published, EnergyIsRuntimeTimesPowerWhereMeasured) {
  const Reproduction p = published();
  for (std::size_t n = 0; n < 5; ++n) {
    const double joules = *p.networks[0].rows[n].measured / 1e3 * *p.networks[1].rows[n].measured;
    EXPECT_NEAR(*p.networks[2].rows[n].measured, joules, 0.001 * joules);
  }
}

TEST(Published, Table7IsRankedAgain) {
  const Reproduction p = published();
  ASSERT_EQ(p.ratio->winners.size(), 4u);
  EXPECT_EQ(p.ratio->winners[2].network, 1);
  EXPECT_EQ(p.ratio->winners[3].network, 0);
}

TEST(Published, TheContradictionsAreNoted) {
  const auto notes = published().notes;
  EXPECT_THAT(notes, Contains(HasSubstr("by measured, not by predicted, energy")));
  EXPECT_THAT(notes, Contains(HasSubstr("AlexNet on Caffe")));
  EXPECT_THAT(notes, Contains(HasSubstr("energy -8.56 %, not +8.56 %: the sign is wrong")));
  EXPECT_THAT(notes, Contains(HasSubstr("figures 1, 3, 4 and 5 are pictures")));
  EXPECT_EQ(notes.size(), 4u);  // the errors on TensorFlow agree with each other
}

TEST(Reproduce, TablesOfADeviceOfOnesOwn) {
  const Predictor predictor(test_device());
  std::vector<Sample> samples;
  const char* layers[] = {"conv batch=2 in=3x32x32 out=16 kernel=3 pad=1",
                          "fc batch=2 in=16384 out=10"};
  for (int i = 0; i < 2; ++i) {
    Sample s;
    s.layer = parse_layer(layers[i]);
    s.network = "small";
    s.position = i + 1;
    s.runtime = milliseconds(1);
    s.power = Watts(40);
    s.energy = Joules(0.04);
    samples.push_back(s);
  }
  NetworkSample whole;
  whole.network = "small";
  whole.batch = 2;
  whole.runtime = milliseconds(2.5);
  whole.power = Watts(50);
  whole.energy = Joules(0.125);
  PaleoDevice sheet;
  sheet.clock_mhz = 1000;
  sheet.peak_gflops = 1000;
  sheet.bandwidth_gb_s = 100;
  const Reproduction r =
      reproduce(predictor, samples, {whole}, sheet, {{"small", ErrorRate{0.1, 0.1, 0.1}}});
  ASSERT_EQ(r.networks.size(), 3u);
  const NetworkComparison& row = r.networks[0].rows.at(0);
  const double predicted = 0.5 + 2 * 16 * 27 * 1024e-6 + 0.2 + 2 * 16384 * 10 * 2e-6;
  EXPECT_NEAR(*row.predicted, predicted, 1e-9);
  EXPECT_NEAR(*row.measured_layers, 2, 1e-9);
  EXPECT_NEAR(*row.measured, 2.5, 1e-9);
  EXPECT_GT(*row.paleo, 0);
  EXPECT_NEAR(*r.networks[0].rmspe(&NetworkComparison::measured_layers), 20, 1e-9);
  EXPECT_EQ(r.layers.size(), 4u);
  ASSERT_TRUE(r.ratio);
  EXPECT_NEAR(r.ratio->networks[0].candidate.energy_per_item.value.value(), 0.0625, 1e-12);
}

}  // namespace
}  // namespace neuralpower
