// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/forecast.h"

#include <gtest/gtest.h>

#include "neuralpower/measure/fakes/fake_backend.h"
#include "neuralpower/measure/fakes/fake_meter.h"

namespace neuralpower {
namespace {

CampaignOptions hundred_layers() {
  CampaignOptions options;
  for (int i = 1; i <= 100; ++i)
    options.layers.push_back(
        parse_layer("activation mode=relu batch=1 in=" + std::to_string(64 * i)));
  return options;
}

TEST(Forecast, TellsTheTimeThatTheCampaignTakes) {
  FakeClock clock;
  FakeBackend backend(clock, [](const LayerConfig&, int) { return microseconds(100); });
  const CampaignOptions options = hundred_layers();
  const CampaignForecast forecast =
      forecast_campaign(options, backend, clock, nullptr, "no meter", nullptr);
  EXPECT_EQ(forecast.layers, 100);
  EXPECT_GT(forecast.tried, 10);
  EXPECT_EQ(forecast.energy_absent, "no meter");
  EXPECT_NEAR(forecast.repetition_error, 0, 1e-6);

  const Seconds start = clock.now();
  std::vector<std::unique_ptr<PreparedLayer>> prepared;
  std::vector<PreparedLayer*> layers;
  for (const LayerConfig& layer : options.layers) {
    prepared.push_back(std::get<0>(backend.prepare(layer)));
    layers.push_back(prepared.back().get());
  }
  measure_layers(layers, options.protocol, clock, nullptr, "");
  EXPECT_NEAR(forecast.total / (clock.now() - start), 1, 0.1);
}

TEST(Forecast, BudgetsTheErrorsOfTheMeter) {
  FakeClock clock;
  FakeBackend backend(clock, [](const LayerConfig&, int) { return milliseconds(1); });
  FakeMeter meter(clock, {.power = Watts(100), .update_period = Seconds(0.02)});
  CampaignOptions options = hundred_layers();
  options.protocol.min_meter_updates = 10;
  MeterCharacter character;
  character.is_counter = true;
  character.step = 0.2;  // J; a window of 0.2 s uses 20
  const CampaignForecast forecast =
      forecast_campaign(options, backend, clock, &meter, "", &character);
  EXPECT_DOUBLE_EQ(forecast.meter_edge_error.value(), 0.1);
  EXPECT_NEAR(forecast.meter_step_error.value(), 0.01, 0.002);
  EXPECT_TRUE(forecast.energy_absent.empty());
}

}  // namespace
}  // namespace neuralpower
