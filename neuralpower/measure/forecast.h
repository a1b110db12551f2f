// SPDX-License-Identifier: Apache-2.0
// What a campaign will cost and how exact it will be, before it begins: a few of its layers are
// measured for real, by the protocol that is asked for, and nothing is stored.
//
// Errors are relative, of one layer:
//   repetition   half the interval that holds the true median with 95 %, as measured: of the median
//                layer and of the one that is worse than 95 % of them, after as many windows as the
//                protocol's precision asks for
//   clock        what the clock cannot resolve, over a slice
//   meter edge   a window that spans n updates may be off by one: 1/n
//   meter step   the smallest change the meter shows, over what a window uses
// They are independent; a layer's own is about their root of squares.
#pragma once

#include <optional>
#include <string>

#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/meter_character.h"

namespace neuralpower {

struct CampaignForecast {
  int layers = 0;  // of this shard
  int tried = 0, skipped = 0;
  Seconds trial{0};      // what the trial took
  Seconds per_layer{0};  // preparation included
  Seconds total{0};      // for all layers
  double repetition_error = 0, repetition_error_worst = 0;
  double windows = 0, windows_most = 0;  // a layer: the mean, and the most of any
  int imprecise = 0;                     // of those tried: did not reach the precision
  double clock_error = 0;
  std::optional<double> meter_edge_error, meter_step_error;
  std::optional<double> power_spread;  // between the metered windows of a layer, median
  std::string energy_absent;
};

// `character` may be null: the meter's step is then not known.
CampaignForecast forecast_campaign(const CampaignOptions& options, Backend& backend, Clock& clock,
                                   PowerMeter* meter, const std::string& no_meter_reason,
                                   const MeterCharacter* character);

}  // namespace neuralpower
