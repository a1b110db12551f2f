// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/sample.h"

#include <gtest/gtest.h>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

TEST(ReduceRepetitions, KeepsMediansAndSpread) {
  std::vector<Sample> samples(4);
  for (Sample& s : samples) s.layer = parse_layer("fc batch=1 in=8 out=8");
  samples[3].layer = parse_layer("fc batch=2 in=8 out=8");
  samples[0].runtime = Seconds(1);
  samples[1].runtime = Seconds(2);
  samples[2].runtime = Seconds(4);
  samples[3].runtime = Seconds(3);
  samples[0].power = Watts(10);
  const auto rows = reduce_repetitions(samples);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].repetitions, 3);
  EXPECT_EQ(rows[0].runtime, Seconds(2));
  ASSERT_TRUE(rows[0].runtime_spread);
  EXPECT_DOUBLE_EQ(*rows[0].runtime_spread, (1.0 + 0 + 0.25) / 3);  // (2/1-1)^2, 0, (2/4-1)^2
  EXPECT_FALSE(rows[0].power_spread);                               // one reading has none
  EXPECT_FALSE(rows[1].runtime_spread);
}

}  // namespace
}  // namespace neuralpower
