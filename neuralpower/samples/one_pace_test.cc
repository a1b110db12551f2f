// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/one_pace.h"

#include <gtest/gtest.h>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

Sample sample(double ms, double pace, const char* device = "a") {
  Sample s;
  s.layer = parse_layer("fc batch=1 in=8 out=8");
  s.device = device;
  s.runtime = milliseconds(ms);
  s.power = Watts(10);
  s.energy = *s.power * s.runtime;
  if (pace > 0) s.extras["pace_arithmetic_us"] = pace;
  return s;
}

TEST(OnePace, DividesWhatTheMachineItselfWasSlower) {
  std::vector<Sample> samples = {sample(1, 50), sample(1.2, 60), sample(1, 50), sample(7, 0),
                                 sample(3, 100, "b")};
  EXPECT_EQ(to_one_pace(samples), 4);
  EXPECT_NEAR(in_milliseconds(samples[0].runtime), 1, 1e-12);
  EXPECT_NEAR(in_milliseconds(samples[1].runtime), 1, 1e-12);
  EXPECT_NEAR(samples[1].energy->value(), 10e-3, 1e-12);
  EXPECT_EQ(samples[1].power, Watts(10));
  EXPECT_EQ(samples[1].extras.at("pace_arithmetic_us"), 50);
  EXPECT_EQ(samples[3].runtime, milliseconds(7));              // tells none
  EXPECT_NEAR(in_milliseconds(samples[4].runtime), 3, 1e-12);  // another machine
  const Seconds once = samples[1].runtime;
  to_one_pace(samples);
  EXPECT_EQ(samples[1].runtime, once);
}

}  // namespace
}  // namespace neuralpower
