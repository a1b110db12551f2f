// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/active_choice.h"

#include <gtest/gtest.h>

#include <set>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

std::vector<LayerConfig> fully_connected(int count) {
  std::vector<LayerConfig> layers;
  for (int i = 0; i < count; ++i)
    layers.push_back(parse_layer("fc batch=" + std::to_string(1 << i % 5) +
                                 " in=" + std::to_string(64 + 37 * i) +
                                 " out=" + std::to_string(10 + (i * 611) % 4000)));
  return layers;
}

TEST(ActiveChoice, ChoosesEverythingOnce) {
  std::vector<LayerConfig> layers = fully_connected(40);
  layers.push_back(parse_layer("unsupported op=Nms"));
  ActiveChoice choice(layers);
  std::set<std::size_t> seen;
  for (std::vector<std::size_t> next; !(next = choice.next(7)).empty();)
    for (const std::size_t layer : next) {
      EXPECT_TRUE(seen.insert(layer).second);
      choice.learn(layer, microseconds(100 + static_cast<double>(layer)));
    }
  EXPECT_EQ(seen.size(), layers.size());
}

std::vector<LayerConfig> two_kinds() {
  std::vector<LayerConfig> layers;
  for (const LayerConfig& fc : fully_connected(200)) {
    layers.push_back(fc);
    LayerConfig softmax = parse_layer("softmax batch=1 in=10");
    softmax.inputs[0] = {fc.inputs[0][0], fc.inputs[0][1]};
    layers.push_back(softmax);
  }
  return layers;
}

// Of two kinds of equal number, at first both get the same, and from the whole range.
TEST(ActiveChoice, BeginsWithWhatStandsForTheOthers) {
  const std::vector<LayerConfig> layers = two_kinds();
  ActiveChoice choice(layers);
  int fc = 0, large = 0;
  for (const std::size_t i : choice.next(40)) {
    fc += std::holds_alternative<FullyConnected>(layers[i].op);
    large += layers[i].inputs[0][1] > 64 + 37 * 100;
  }
  EXPECT_EQ(fc, 20);
  EXPECT_GE(large, 12);
  EXPECT_LE(large, 28);
}

// Two kinds, one of which no straight line in the logs can follow: once both have enough for a
// model, that one gets more.
TEST(ActiveChoice, GoesOnWhereTheModelIsUnsure) {
  const std::vector<LayerConfig> layers = two_kinds();
  ActiveChoice choice(layers);
  int fc = 0, softmax = 0;
  for (int round = 0; round < 19; ++round)
    for (const std::size_t i : choice.next(10)) {
      const bool is_fc = std::holds_alternative<FullyConnected>(layers[i].op);
      ++(is_fc ? fc : softmax);
      const double cells = static_cast<double>(layers[i].inputs[0].element_count());
      const double jump = layers[i].inputs[0][1] % 2 == 0 ? 5 : 1;
      choice.learn(i, Seconds(1e-9 * cells * (is_fc ? jump : 1)));
    }
  EXPECT_EQ(fc + softmax, 190);
  EXPECT_GE(softmax, 40);
  EXPECT_GT(fc - 48, 2 * (softmax - 48));
}

TEST(ActiveChoice, LeavesOutWhatItIsTold) {
  const std::vector<LayerConfig> layers = fully_connected(20);
  ActiveChoice choice(layers);
  choice.leave_out(3);
  choice.learn(5, microseconds(10));
  for (const std::size_t layer : choice.next(100)) {
    EXPECT_NE(layer, 3u);
    EXPECT_NE(layer, 5u);
  }
}

}  // namespace
}  // namespace neuralpower
