// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/fakes/fake_backend.h"
#include "neuralpower/measure/fakes/fake_pace.h"
#include "neuralpower/measure/network_campaign.h"
#include "neuralpower/measure/network_measurement.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Campaign : public ::testing::Test {
 protected:
  Campaign() : backend_(clock_, [](const LayerConfig&, int) { return milliseconds(1); }) {
    std::filesystem::remove(file_);
    std::filesystem::remove(file_.string() + "-wal");
    for (int i = 1; i <= 40; ++i)
      options_.layers.push_back(
          parse_layer("activation mode=relu batch=" + std::to_string(i) + " in=64"));
    options_.block_layers = 16;
    conditions_.device = "fake";
  }

  CampaignResult run(const CampaignCallback& progress = {}) {
    SampleStore store = SampleStore::open(file_);
    return run_campaign(options_, conditions_, backend_, clock_, nullptr, "nobody has one", store,
                        progress);
  }

  std::filesystem::path file_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("campaign_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() +
       ".db");
  FakeClock clock_;
  FakeBackend backend_;
  CampaignOptions options_;
  Conditions conditions_;
};

TEST_F(Campaign, MeasuresEveryLayerOnce) {
  int reports = 0;
  const CampaignResult result = run([&](const CampaignProgress& progress) {
    EXPECT_EQ(progress.planned, 40);
    EXPECT_GE(progress.left, Seconds(0));
    ++reports;
    return true;
  });
  EXPECT_EQ(result.measured, 40);
  EXPECT_EQ(result.remaining, 0);
  EXPECT_EQ(reports, 4);  // blocks of 4, 8, 16, and what is left
  EXPECT_EQ(result.energy_absent, "nobody has one");
  SampleStore store = SampleStore::open(file_, true);
  EXPECT_THAT(store.samples(), SizeIs(40 * options_.protocol.repetitions));
  EXPECT_NEAR(store.samples()[0].runtime.value(), 1e-3, 1e-9);
}

TEST_F(Campaign, GoesOnWhereItStopped) {
  const CampaignResult first = run([](const CampaignProgress&) { return false; });
  EXPECT_EQ(first.measured, 4);
  EXPECT_EQ(first.remaining, 36);
  const int prepared = backend_.prepared();
  const CampaignResult second = run();
  EXPECT_EQ(second.found, 4);
  EXPECT_EQ(second.measured, 36);
  EXPECT_EQ(backend_.prepared() - prepared, 36);
  EXPECT_EQ(run().measured, 0);
}

TEST_F(Campaign, MeasuresEveryLayerOnceWhateverTheModelChooses) {
  options_.active = true;
  run([](const CampaignProgress& progress) { return progress.finished < 12; });
  const CampaignResult second = run();
  EXPECT_EQ(second.found, 12);
  EXPECT_EQ(second.measured, 28);
  EXPECT_EQ(second.remaining, 0);
}

TEST_F(Campaign, MeasuresWholeNetworksOnce) {
  Network network;
  network.name = "two";
  for (const char* text : {"softmax batch=1 in=64", "activation mode=relu batch=1 in=64"}) {
    Layer layer;
    layer.config = parse_layer(text);
    network.layers.push_back(layer);
  }
  const auto measure = [&] {
    SampleStore store = SampleStore::open(file_);
    return run_network_campaign({network}, {}, Seconds(100), conditions_, backend_, clock_, nullptr,
                                "nobody has one", store);
  };
  EXPECT_EQ(measure().measured, 1);
  EXPECT_EQ(measure().found, 1);
  SampleStore store = SampleStore::open(file_, true);
  ASSERT_THAT(store.networks(), SizeIs(NetworkMeasureOptions().passes));
  EXPECT_NEAR(store.networks()[0].runtime.value(), 2e-3, 1e-9);
}

TEST_F(Campaign, EveryRowSaysHowCertainItIs) {
  FakeBackend shaky(clock_, [](const LayerConfig& config, int n) {
    return milliseconds(config.batch() == 7 && n % 2 == 0 ? 7 : 6);
  });
  options_.protocol.precision = 0.05;
  SampleStore store = SampleStore::open(file_);
  const CampaignResult result =
      run_campaign(options_, conditions_, shaky, clock_, nullptr, "none", store);
  EXPECT_EQ(result.imprecise, 1);
  EXPECT_THAT(result.worst_layer, HasSubstr("batch=7"));
  EXPECT_NEAR(result.worst_precision, 0.08, 0.004);  // 0.5 / 6 or 0.5 / 6.5
  for (const StoredMeasurement& row : store.measurements(store.conditions_id(conditions_))) {
    EXPECT_EQ(row.extras.at("ci95_target_percent"), 5);
    EXPECT_NEAR(row.extras.at("ci95_percent"), row.layer.batch() == 7 ? 8 : 0, 0.4);
  }
}

TEST_F(Campaign, EveryRowSaysHowFastTheMachineWas) {
  // Half as fast from a moment on.
  FakePace pace(clock_, [start = clock_.now()](Seconds now) {
    return Pace{microseconds(now - start < Seconds(0.5) ? 50 : 100), microseconds(40)};
  });
  options_.protocol.pace = &pace;
  const CampaignResult result = run();
  ASSERT_TRUE(result.arithmetic_pace);
  EXPECT_NEAR(result.arithmetic_pace->lowest, 0.5, 1e-9);
  EXPECT_EQ(result.memory_pace->lowest, 1);
  SampleStore store = SampleStore::open(file_, true);
  const auto samples = store.samples();
  EXPECT_NEAR(samples.front().extras.at("pace_arithmetic_us"), 50, 1e-9);
  EXPECT_NEAR(samples.back().extras.at("pace_arithmetic_us"), 100, 1e-9);
  EXPECT_NEAR(samples.back().extras.at("pace_memory_us"), 40, 1e-9);
}

TEST_F(Campaign, TellsWhereItsTimeWent) {
  const CampaignResult result = run();
  EXPECT_GT(result.warming_up, Seconds(0));
  EXPECT_EQ(result.preparing, Seconds(0));  // the fake prepares in no time
  EXPECT_LE(result.in_windows + result.warming_up, result.elapsed);
}

TEST_F(Campaign, OtherConditionsAreMeasuredAnew) {
  run();
  conditions_.details["threads"] = "2";
  EXPECT_EQ(run().measured, 40);
}

TEST_F(Campaign, StopsWhenTheBudgetIsSpent) {
  options_.budget = Seconds(0.3);
  const CampaignResult result = run();
  EXPECT_GT(result.measured, 0);
  EXPECT_GT(result.remaining, 0);
  EXPECT_EQ(result.measured + result.remaining, 40);
  EXPECT_LT(result.elapsed, Seconds(1));
}

TEST_F(Campaign, SkipsAreRecordedWithTheirReason) {
  options_.layers = {parse_layer("unsupported op=Nms")};
  const CampaignResult result = run();
  EXPECT_EQ(result.skipped, 1);
  EXPECT_EQ(result.skip_reasons.at("nobody knows this layer"), 1);
  EXPECT_EQ(run().found, 1);
}

TEST_F(Campaign, ShardsShareTheListWithoutOverlap) {
  options_.shards = 3;
  int measured = 0;
  for (options_.shard = 0; options_.shard < 3; ++options_.shard) {
    const CampaignResult result = run();
    EXPECT_EQ(result.found, 0);
    measured += result.measured;
  }
  EXPECT_EQ(measured, 40);
  EXPECT_THROW(run(), Error);
}

TEST_F(Campaign, ConditionsNameTheBackendAndTheMeter) {
  const Conditions conditions =
      campaign_conditions({"a machine", {{"cpus", "2"}}}, backend_, nullptr, "normal");
  EXPECT_EQ(conditions.device, "a machine");
  EXPECT_EQ(conditions.software, "fake, 1 thread");
  EXPECT_EQ(conditions.details.at("meter"), "none");
  EXPECT_EQ(conditions.details.at("threads"), "1");
}

// Three layers, of which one is free and one unknown.
Network small_network() {
  Network network;
  network.name = "small";
  const Shape shape = {1, 64};
  for (int i = 0; i < 4; ++i) network.add_tensor({"t", shape, DataType::kF32, true});
  const char* const texts[] = {"activation mode=relu batch=1 in=64", "view batch=1 in=64 to=1x64",
                               "unsupported op=Nms"};
  for (int i = 0; i < 3; ++i)
    network.layers.push_back({"l", "", parse_layer(texts[i]), {i}, {i + 1}, 0});
  network.inputs = {0};
  network.outputs = {3};
  return network;
}

TEST_F(Campaign, ANetworkIsTimedWholeAndInPlace) {
  const NetworkMeasurement result =
      measure_network(small_network(), backend_, clock_, nullptr, {}, "nobody has one");
  EXPECT_NEAR(result.runtime.value(), 1e-3, 1e-9);
  EXPECT_NEAR(result.sum_of_layers().value(), 1e-3, 1e-9);
  ASSERT_THAT(result.layers, SizeIs(3));
  EXPECT_EQ(result.layers[1].runtime, Seconds(0));
  EXPECT_THAT(result.layers[2].skipped, HasSubstr("nobody knows"));
  EXPECT_EQ(result.energy_absent, "nobody has one");
}

TEST_F(Campaign, ANetworkStopsAtItsBudget) {
  NetworkMeasureOptions options;
  options.budget = Seconds(0.011);
  EXPECT_THAT(measure_network(small_network(), backend_, clock_, nullptr, options).passes,
              SizeIs(6));
}

}  // namespace
}  // namespace neuralpower
