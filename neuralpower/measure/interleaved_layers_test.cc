// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/interleaved_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/measure/fakes/fake_backend.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr Seconds kNever{1e300};

// Executions of 6 ms are windows by themselves; layers of batch 1 never become certain.
class Interleaved : public ::testing::Test {
 protected:
  Interleaved()
      : backend_(clock_, [this](const LayerConfig& config, int n) {
          runs_.push_back(config.batch());
          return milliseconds(config.batch() == 1 && n % 2 == 0 ? 7 : 6);
        }) {
    options_.precision = 0.01;
  }

  void add(InterleavedLayers& layers, std::int64_t batch) {
    layers.add(std::get<0>(backend_.prepare(
                   parse_layer("activation mode=relu batch=" + std::to_string(batch) + " in=64"))),
               static_cast<std::size_t>(batch));
  }

  FakeClock clock_;
  std::vector<std::int64_t> runs_;
  FakeBackend backend_;
  ProtocolOptions options_;
};

TEST_F(Interleaved, OneThatIsCertainLeaves) {
  InterleavedLayers layers(options_, clock_, nullptr, "");
  for (std::int64_t batch = 1; batch <= 8; ++batch) add(layers, batch);
  while (layers.unfinished() > 1) layers.round(kNever);
  EXPECT_THAT(layers.take_finished(), SizeIs(7));
  runs_.clear();
  layers.round(kNever);
  EXPECT_THAT(runs_, ElementsAre(1));
  while (layers.unfinished() > 0) layers.round(kNever);
  const auto finished = layers.take_finished();
  ASSERT_THAT(finished, SizeIs(1));
  EXPECT_EQ(finished[0].place, 1u);
  EXPECT_THAT(finished[0].measurement.repetitions, SizeIs(options_.max_repetitions));
}

TEST_F(Interleaved, LayersJoinWhileOthersAreUnderWay) {
  InterleavedLayers layers(options_, clock_, nullptr, "nobody has one");
  add(layers, 1);
  add(layers, 2);
  for (int i = 0; i < options_.repetitions; ++i) layers.round(kNever);
  EXPECT_EQ(layers.unfinished(), 1u);
  add(layers, 3);
  for (int i = 0; i < options_.repetitions; ++i) layers.round(kNever);
  const auto finished = layers.take_finished();
  ASSERT_THAT(finished, SizeIs(2));
  EXPECT_EQ(finished[1].place, 3u);
  EXPECT_EQ(finished[1].measurement.energy_absent, "nobody has one");
  EXPECT_THAT(finished[1].measurement.repetitions, SizeIs(options_.repetitions));
}

TEST_F(Interleaved, AfterTheDeadlineTwoWindowsAreEnough) {
  InterleavedLayers layers(options_, clock_, nullptr, "");
  add(layers, 1);
  layers.round(clock_.now());
  EXPECT_EQ(layers.unfinished(), 1u);
  layers.round(clock_.now());
  EXPECT_EQ(layers.unfinished(), 0u);
  EXPECT_THAT(layers.take_finished().at(0).measurement.repetitions, SizeIs(2));
}

}  // namespace
}  // namespace neuralpower
